import { startComposeFleet } from './compose.js'
import type { Fleet, FleetBackend, FleetOptions } from './fleet.js'
import { startProcessFleet } from './processes.js'
import { findServerBinary } from './server-binary.js'

/**
 * Starts independent Redis servers on free loopback ports and resolves when all of them answer.
 *
 * They end with `dispose()` (or `await using`), and also when the calling process ends in any other way.
 */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const { nodes = 5, backend = 'auto', persistence = 'none' } = options
  if (!Number.isInteger(nodes) || nodes < 1) {
    throw new RangeError(`Expected \`nodes\` to be a positive integer, got ${nodes}`)
  }
  const binary = options.serverBinary ?? findServerBinary()
  const chosen: FleetBackend = backend === 'auto' ? (binary === null ? 'compose' : 'processes') : backend
  if (chosen === 'compose') return startComposeFleet({ nodes, persistence })
  if (binary === null) {
    throw new Error(
      'No redis-server or valkey-server on the path. Install one (Debian: apt-get install redis-server), ' +
        'or set REDIS_SERVER_BIN to it.',
    )
  }
  return startProcessFleet({ nodes, persistence, binary })
}
