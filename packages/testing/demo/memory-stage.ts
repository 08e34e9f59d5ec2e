import { Redlock } from '@quorumlock/core'
import { recordHistory } from '@quorumlock/testing'
import { countersIn } from './counters.js'
import { MemoryServer } from './memory-server.js'
import type { Stage } from './stage.js'
import { work } from './work.js'

/** Five nodes in this process, for machines without Redis. The workers are tasks, each with its own client. */
export function memoryStage(folder: string, why: string): Stage {
  const servers = Array.from({ length: 5 }, (_, index) => new MemoryServer(`memory-${index + 1}`))
  const clients = () => servers.map((server) => server.client())
  const counters = countersIn(folder)
  const observer = new Redlock({ nodes: clients(), nodeTimeout: 200 })
  return {
    title: `five nodes in memory, ${why}`,
    observer,
    nodes: servers,
    startWorker(name, hear) {
      const nodes = clients()
      const redlock = new Redlock({ nodes })
      const controller = new AbortController()
      let crashed = false
      const recorder = recordHistory(name, (event) => crashed || hear(event))
      const ownCounters = {
        ...counters,
        write: (...args: Parameters<typeof counters.write>) => !crashed && counters.write(...args),
      }
      // Not before the caller has the worker.
      const done = Promise.resolve().then(() => work(redlock, ownCounters, recorder, controller.signal))
      return {
        crash() {
          crashed = true
          for (const node of nodes) node.cut()
          controller.abort()
          void redlock.close()
        },
        async stop() {
          controller.abort()
          await done
          await redlock.close()
        },
      }
    },
    dispose: () => observer.close(),
  }
}
