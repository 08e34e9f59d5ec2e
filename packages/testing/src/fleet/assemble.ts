import type { BackendServer } from './backend.js'
import type { Fleet, FleetBackend } from './fleet.js'
import { Node } from './node.js'

/** Puts a proxy before every server of a backend and makes a fleet of them. */
export async function assemble(
  backend: FleetBackend,
  servers: readonly BackendServer[],
  end: () => Promise<void>,
): Promise<Fleet> {
  const nodes = await Promise.all(servers.map((server) => Node.before(server)))
  const dispose = async (): Promise<void> => {
    for (const node of nodes) node.close()
    await end()
  }
  return {
    backend,
    nodes,
    urls: nodes.map((node) => node.url),
    lane: async (client) => {
      const lanes = await Promise.all(nodes.map((node) => node.lane(client)))
      return lanes.map((lane) => lane.url)
    },
    heal: async () => {
      await Promise.all(nodes.map((node) => node.heal()))
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}
