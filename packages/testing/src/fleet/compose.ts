import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { execCompose, type IDockerComposeOptions } from 'docker-compose'
import type { RunningServers } from './backend.js'
import { findCompose } from './compose-command.js'
import { Container, type Runner } from './container.js'
import type { FleetOptions } from './options.js'
import { freePort } from './ports.js'
import { startWatchdog } from './watchdog.js'

const execFileText = promisify(execFile)
const servicesInFile = 5

interface ContainerOptions {
  readonly nodes: number
  readonly persistence: NonNullable<FleetOptions['persistence']>
}

/** Containers from docker/compose.yml, under a separate project name and on separate ports. */
export async function startContainers({ nodes, persistence }: ContainerOptions): Promise<RunningServers> {
  if (nodes > servicesInFile) {
    throw new RangeError(
      `Expected \`nodes\` to be at most ${servicesInFile} with the compose backend, got ${nodes}`,
    )
  }
  const command = await findCompose()
  const file = composeFile()
  const project = `quorumlock-${randomBytes(4).toString('hex')}`
  const names = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`)
  const ports = await freePorts(nodes)

  const options: IDockerComposeOptions = {
    config: file,
    composeOptions: [['--project-name', project]],
    env: {
      ...process.env,
      QUORUMLOCK_APPENDONLY: persistence === 'aof' ? 'yes' : 'no',
      ...Object.fromEntries(ports.map((port, index) => [`QUORUMLOCK_PORT_${index + 1}`, String(port)])),
    },
    ...(command.standalone && { executable: { standalone: true } }),
  }
  const run: Runner['compose'] = async (verb, args) => {
    try {
      await execCompose(verb, args, options)
    } catch (error) {
      // The package rejects with a plain { exitCode, out, err }.
      const details = (error as { readonly err?: string }).err ?? String(error)
      throw new Error(`docker compose ${verb} ${args.join(' ')} failed: ${details.trim()}`, { cause: error })
    }
  }
  // One after another, because each inspects all containers of the project, and fails if one disappears in the meantime.
  let last: Promise<void> = Promise.resolve()
  const compose: Runner['compose'] = (verb, args) => {
    const turn = last.then(() => run(verb, args))
    last = turn.catch(() => undefined)
    return turn
  }
  const watchdog = startWatchdog({
    folder: mkdtempSync(join(tmpdir(), 'quorumlock-')),
    command: [...command.words, '-p', project, '-f', file, 'down', '--volumes', '--timeout', '0'],
  })
  const runner: Runner = {
    compose,
    engine: async (verb, args) => {
      await docker(verb, ...args)
    },
    idOf: async (service) => {
      const labels = [`project=${project}`, `service=${service}`]
      const filters = labels.map((label) => `--filter=label=com.docker.compose.${label}`)
      return (await docker('ps', '--all', '--quiet', ...filters)).trim()
    },
  }
  const containers = names.map((name, index) => new Container(name, ports[index] ?? 0, runner))
  try {
    await compose('up', ['--detach', ...names])
    await Promise.all(containers.map((container) => container.ready()))
    return {
      servers: containers,
      end: async () => {
        // An engine cannot stop a frozen container.
        await Promise.all(containers.map((container) => container.thaw()))
        await watchdog.finish()
      },
    }
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}

async function docker(...words: string[]): Promise<string> {
  try {
    return (await execFileText('docker', words)).stdout
  } catch (error) {
    const details = (error as { readonly stderr?: string }).stderr ?? String(error)
    throw new Error(`docker ${words.join(' ')} failed: ${details.trim()}`, { cause: error })
  }
}

/** The build puts a copy next to the bundle; in the repository the file is in docker/. */
function composeFile(): string {
  const shipped = fileURLToPath(new URL('./compose.yml', import.meta.url))
  return existsSync(shipped)
    ? shipped
    : fileURLToPath(new URL('../../../../docker/compose.yml', import.meta.url))
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}
