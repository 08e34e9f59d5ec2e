import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { freePort } from '../../../testing/src/fleet/ports.js'
import { startWatchdog, type Watchdog } from '../../../testing/src/fleet/watchdog.js'
import { eventually } from './eventually.js'
import { startServer } from './redis-server.js'

export const GROUP = 'mymaster'

export interface SentinelGroup {
  /** The port of the sentinel. */
  readonly port: number
  /** Kills the master after the replica has all writes, and resolves when the replica is the new master. */
  failOver(): Promise<void>
  dispose(): Promise<void>
}

/** A master, its replica, and a sentinel that watches them, on this machine. They end with this process. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-sentinel-'))
  const watchdog = startWatchdog({ folder })
  try {
    const group = await form(folder, watchdog)
    return { ...group, dispose: () => watchdog.finish() }
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}

async function form(folder: string, watchdog: Watchdog): Promise<Omit<SentinelGroup, 'dispose'>> {
  const [masterPort, replica, port] = [await freePort(), await freePort(), await freePort()]
  const config = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${GROUP} 127.0.0.1 ${masterPort} 1`,
    // High, so that a master on a busy machine is not taken for a failed one.
    `sentinel down-after-milliseconds ${GROUP} 60000`,
    `sentinel failover-timeout ${GROUP} 3000`,
  ]
  writeFileSync(config, lines.join('\n'))
  const plain = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--repl-diskless-sync-delay', '0']
  const master = startServer(['--port', `${masterPort}`, ...plain], watchdog)
  startServer(['--port', `${replica}`, ...plain, '--replicaof', '127.0.0.1', `${masterPort}`], watchdog)
  // A sentinel looks for replicas when it starts, and then every ten seconds.
  await eventually(() =>
    asking(masterPort, async (ask) => {
      const [, , replicas] = (await ask(['ROLE'])) as [string, number, unknown[]]
      if (replicas.length === 0) throw new Error('no replica yet')
    }),
  )
  startServer([config, '--sentinel'], watchdog)
  await asking(port, async (ask) => {
    await eventually(async () => {
      const [known] = (await ask(['SENTINEL', 'REPLICAS', GROUP])) as (string[] | undefined)[]
      if (known?.[known.indexOf('master-link-status') + 1] !== 'ok') throw new Error('no replica yet')
    })
  })
  return {
    port,
    async failOver() {
      await asking(masterPort, async (ask) => {
        await ask(['SET', 'last-write', 'before the failover'])
        await eventually(async () => {
          if ((await ask(['WAIT', '1', '1000'])) !== 1) throw new Error('the replica is behind')
        })
      })
      await asking(port, async (ask) => {
        await ask(['SENTINEL', 'SET', GROUP, 'down-after-milliseconds', '300'])
        master.kill('SIGKILL')
        await eventually(async () => {
          const [, now] = (await ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', GROUP])) as string[]
          if (now !== String(replica)) throw new Error(`the master is still at ${now}`)
        })
      })
    },
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
