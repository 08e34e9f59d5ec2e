import { spawn, type ChildProcess } from 'node:child_process'
import type { Watchdog } from '../../../testing/src/fleet/watchdog.js'

/** Starts a server of a kind that the fleet lacks: in a cluster, a replica, a sentinel. It ends with its watchdog. */
export function startServer(args: readonly string[], watchdog: Watchdog): ChildProcess {
  const server = spawn(process.env['REDIS_SERVER_BIN'] ?? 'redis-server', args, { stdio: 'ignore' })
  const { pid } = server
  if (pid === undefined) throw new Error('redis-server cannot be started: set REDIS_SERVER_BIN to it')
  watchdog.add(pid)
  server.once('exit', () => watchdog.remove(pid))
  return server
}
