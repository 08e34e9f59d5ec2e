import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningServers } from './backend.js'
import { clockShim } from './clock/shim-library.js'
import type { FleetOptions } from './options.js'
import { knowsDebugOption } from './server-binary.js'
import { ServerProcess } from './server-process.js'
import { startWatchdog } from './watchdog.js'

interface ProcessOptions {
  readonly nodes: number
  readonly persistence: NonNullable<FleetOptions['persistence']>
  readonly binary: string
}

/** Plain server processes on free loopback ports. */
export async function startProcesses({
  nodes,
  persistence,
  binary,
}: ProcessOptions): Promise<RunningServers> {
  const args = serverArguments(binary, persistence)
  const shim = await clockShim()
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-'))
  const watchdog = startWatchdog({ folder })
  const starts = Array.from({ length: nodes }, (_, index) => {
    const name = `node-${index + 1}`
    return ServerProcess.start({ name, binary, args, folder: join(folder, name), watchdog, clockShim: shim })
  })
  try {
    const servers = await Promise.all(starts)
    return {
      servers,
      end: async () => {
        await Promise.all(servers.map((server) => server.kill()))
        // This also ends the servers that were started later.
        await watchdog.finish()
      },
    }
  } catch (error) {
    // No server may start after the cleanup.
    await Promise.allSettled(starts)
    await watchdog.finish()
    throw error
  }
}

function serverArguments(binary: string, persistence: 'none' | 'aof'): readonly string[] {
  const durable = persistence === 'aof' ? ['yes', '--appendfsync', 'always'] : ['no']
  return [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    ...durable,
    // A lock must never be evicted to make room.
    '--maxmemory-policy',
    'noeviction',
    ...(knowsDebugOption(binary)
      ? ['--enable-debug-command', 'yes', '--enable-protected-configs', 'yes']
      : []),
  ]
}
