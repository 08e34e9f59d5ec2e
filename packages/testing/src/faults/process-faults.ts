import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { nothingToUndo, type Fault } from './fault.js'
import type { Undo } from '../undo.js'
import type { FaultTarget } from './target.js'

export type ProcessFault =
  | 'crash'
  | 'shutdown'
  | 'restart'
  | 'empty restart'
  | 'torn log'
  | 'crash loop'
  | 'freeze'
  | 'failover'

/** What happens to the server process. */
export const processFaults: Readonly<Record<ProcessFault, Fault>> = {
  crash: {
    group: 'process',
    about: 'SIGKILL; what is not on disk is lost',
    losesData: true,
    inject: (node) => node.kill(),
  },
  shutdown: {
    group: 'process',
    about: 'SIGTERM, an orderly end',
    losesData: true,
    inject: (node) => node.terminate(),
  },
  restart: {
    group: 'process',
    about: 'SIGKILL and a start at once, with what is on disk',
    losesData: true,
    inject: async (node) => {
      await node.restart()
      return nothingToUndo
    },
  },
  'empty restart': {
    group: 'process',
    about: 'SIGKILL and a start at once, without any data',
    losesData: true,
    inject: async (node) => {
      await node.restart({ wipe: true })
      return nothingToUndo
    },
  },
  'torn log': {
    group: 'process',
    about: 'power fails: the end of the append-only file never reached the disk',
    losesData: true,
    obstacle: (node) =>
      node.server.folder === undefined || logFile(node) === undefined
        ? 'there is no append-only file within reach; start the fleet of processes with persistence: aof'
        : undefined,
    inject: async (node) => {
      await node.kill()
      const file = logFile(node) as string
      truncateSync(file, Math.max(0, statSync(file).size - 20))
      await node.restart()
      return nothingToUndo
    },
  },
  'crash loop': {
    group: 'process',
    about: 'dies and comes back again and again',
    losesData: true,
    inject: async (node, { ms = 200 }) => {
      const stop = new AbortController()
      await node.restart()
      const looping = (async () => {
        while (!stop.signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, ms))
          await node.restart()
        }
      })()
      return async () => {
        stop.abort()
        await looping
      }
    },
  },
  freeze: {
    group: 'process',
    about: 'SIGSTOP: connections stay open and nothing answers',
    inject: (node) => node.pause(),
  },
  failover: {
    group: 'process',
    about: 'the server dies and a replica that had not caught up takes its place',
    losesData: true,
    obstacle: (node) => (node.server.spare === undefined ? 'this backend has no replicas' : undefined),
    inject: promoteReplica,
  },
}

async function promoteReplica(node: FaultTarget): Promise<Undo> {
  // Its link is dead from the start, so that it lacks whatever the primary has.
  const replica = await (node.server.spare as () => ReturnType<NonNullable<FaultTarget['server']['spare']>>)()
  const primary = node.server
  await node.kill()
  node.redirect(replica)
  await node.restartOver()
  return async () => {
    await replica.kill()
    node.redirect(primary)
    await node.restart()
  }
}

function logFile(node: FaultTarget): string | undefined {
  const folder = join(node.server.folder ?? '', 'appendonlydir')
  try {
    const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))
    return name === undefined ? undefined : join(folder, name)
  } catch {
    return undefined
  }
}
