import { Redlock } from '@quorumlock/core'
import { MemoryServer } from './memory-server.js'
import { memoryRegister } from './register.js'
import type { Stage } from './stage.js'
import { work } from './work.js'

/** Five nodes in this process, for machines without Redis. The workers are tasks, each with a client of its own. */
export function memoryStage(why: string): Stage {
  const servers = Array.from({ length: 5 }, (_, index) => new MemoryServer(`memory-${index + 1}`))
  const clients = () => servers.map((server) => server.client())
  const register = memoryRegister()
  const observer = new Redlock({ nodes: clients(), nodeTimeout: 200 })
  return {
    title: `five nodes in memory, ${why}`,
    observer,
    nodes: servers.map((server) => ({
      name: server.name,
      kill: async () => server.kill(),
      restart: async () => server.restart(),
      freeze: async () => server.freeze(),
      thaw: async () => server.thaw(),
    })),
    startWorker(_name, hear) {
      const nodes = clients()
      const redlock = new Redlock({ nodes })
      const controller = new AbortController()
      let crashed = false
      hear({ kind: 'ready' })
      const done = work(redlock, register, (event) => crashed || hear(event), controller.signal)
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
