import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { eventually } from './eventually.js'

export const GROUP = 'mymaster'

export interface SentinelGroup {
  /** Where the sentinel listens. */
  readonly port: number
  /** Kills the master, once the replica has all of its writes, and resolves when the replica is the new master. */
  failOver(): Promise<void>
  dispose(): Promise<void>
}

/** A master, its replica, and one sentinel that watches them, on this machine. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-sentinel-'))
  const [master, replica, port] = [await freePort(), await freePort(), await freePort()]
  const config = join(folder, 'sentinel.conf')
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor ${GROUP} 127.0.0.1 ${master} 1`,
    `sentinel down-after-milliseconds ${GROUP} 300`,
    `sentinel failover-timeout ${GROUP} 3000`,
  ]
  writeFileSync(config, lines.join('\n'))
  const plain = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--repl-diskless-sync-delay', '0']
  const servers = [
    start(['--port', String(master), ...plain]),
    start(['--port', String(replica), ...plain, '--replicaof', '127.0.0.1', String(master)]),
  ]
  const kill = (): void => {
    for (const server of servers) server.kill('SIGKILL')
  }
  process.once('exit', kill)
  const dispose = async (): Promise<void> => {
    process.off('exit', kill)
    await Promise.all(servers.map(stop))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // A sentinel looks for replicas at its start, and then every ten seconds.
    await eventually(() =>
      asking(master, async (ask) => {
        const [, , replicas] = (await ask(['ROLE'])) as [string, number, unknown[]]
        if (replicas.length === 0) throw new Error('no replica yet')
      }),
    )
    servers.push(start([config, '--sentinel']))
    await asking(port, async (ask) => {
      await eventually(async () => {
        const [known] = (await ask(['SENTINEL', 'REPLICAS', GROUP])) as (string[] | undefined)[]
        if (known?.[known.indexOf('master-link-status') + 1] !== 'ok') throw new Error('no replica yet')
      })
    })
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    port,
    async failOver() {
      await asking(master, async (ask) => {
        await ask(['SET', 'last-write', 'before the failover'])
        await eventually(async () => {
          if ((await ask(['WAIT', '1', '1000'])) !== 1) throw new Error('the replica is behind')
        })
      })
      servers[0]?.kill('SIGKILL')
      await asking(port, (ask) =>
        eventually(async () => {
          const [, now] = (await ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', GROUP])) as string[]
          if (now !== String(replica)) throw new Error(`the master is still at ${now}`)
        }),
      )
    },
    dispose,
  }
}

async function asking(
  port: number,
  work: (ask: (command: string[]) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 })
  client.on('error', () => undefined)
  await eventually(() => client.connect())
  try {
    await work((command) => client.sendCommand(command))
  } finally {
    client.destroy()
  }
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.env['REDIS_SERVER_BIN'] ?? 'redis-server', args, { stdio: 'ignore' })
}

async function stop(server: ChildProcess): Promise<void> {
  server.kill('SIGKILL')
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
