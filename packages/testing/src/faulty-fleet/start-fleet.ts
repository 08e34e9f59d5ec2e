import type { RunningServers } from '../fleet/backend.js'
import { startContainers } from '../fleet/compose.js'
import type { FleetBackend, FleetOptions } from '../fleet/options.js'
import { startProcesses } from '../fleet/processes.js'
import { findServerBinary } from '../fleet/server-binary.js'
import { FaultyNode } from './faulty-node.js'
import type { Fleet } from './fleet.js'

/**
 * Starts independent Redis servers on free loopback ports and resolves when all of them answer.
 *
 * They end with `dispose()` (or `await using`), and also when the calling process ends in any way.
 */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const { nodes = 5, backend = 'auto', persistence = 'none' } = options
  if (!Number.isInteger(nodes) || nodes < 1) {
    throw new RangeError(`Expected \`nodes\` to be a positive integer, got ${nodes}`)
  }
  const binary = options.serverBinary ?? findServerBinary()
  const chosen: FleetBackend = backend === 'auto' ? (binary === null ? 'compose' : 'processes') : backend
  if (chosen === 'compose') return assemble(chosen, await startContainers({ nodes, persistence }))
  if (binary === null) {
    throw new Error(
      'No redis-server or valkey-server on the path. Install one (Debian: apt-get install redis-server), ' +
        'or set REDIS_SERVER_BIN to it.',
    )
  }
  return assemble(chosen, await startProcesses({ nodes, persistence, binary }))
}

/** Puts a proxy before every server and makes a fleet of them. */
async function assemble(backend: FleetBackend, { servers, end }: RunningServers): Promise<Fleet> {
  const nodes = servers.map((server) => new FaultyNode(server))
  const dispose = async (): Promise<void> => {
    for (const node of nodes) node.close()
    await end()
  }
  try {
    await Promise.all(nodes.map((node) => node.open()))
  } catch (error) {
    await dispose()
    throw error
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
