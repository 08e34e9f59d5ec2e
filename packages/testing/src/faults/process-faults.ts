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

/** Faults of the server process. */
export const processFaults: Readonly<Record<ProcessFault, Fault>> = {
  crash: {
    group: 'process',
    about: 'SIGKILL; data that is not on disk is lost',
    losesData: true,
    inject: (node) => node.kill(),
  },
  shutdown: {
    group: 'process',
    about: 'SIGTERM, an orderly shutdown',
    losesData: true,
    inject: (node) => node.terminate(),
  },
  restart: {
    group: 'process',
    about: 'SIGKILL and an immediate start, with the data on disk',
    losesData: true,
    inject: async (node) => {
      await node.restart()
      return nothingToUndo
    },
  },
  'empty restart': {
    group: 'process',
    about: 'SIGKILL and an immediate start, without any data',
    losesData: true,
    inject: async (node) => {
      await node.restart({ wipe: true })
      return nothingToUndo
    },
  },
  'torn log': {
    group: 'process',
    about: 'power failure: the end of the append-only file never reached the disk',
    losesData: true,
    obstacle: (node) =>
      node.server.folder === undefined || logFile(node) === undefined
        ? 'there is no accessible append-only file; start the fleet with backend: processes and persistence: aof'
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
    about: 'the server is killed and restarted again and again',
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
    about: 'SIGSTOP: connections stay open, and nothing is answered',
    inject: (node) => node.pause(),
  },
  failover: {
    group: 'process',
    about: 'the server dies, and a replica that has not caught up replaces it',
    losesData: true,
    obstacle: (node) => (node.server.spare === undefined ? 'this backend has no replicas' : undefined),
    inject: promoteReplica,
  },
}

async function promoteReplica(node: FaultTarget): Promise<Undo> {
  // It has never been connected to the primary, so it lacks all of its data.
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
