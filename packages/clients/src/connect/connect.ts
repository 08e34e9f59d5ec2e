import { LockMisuseError, QuorumUnavailableError, systemClock, type Redlock } from '@quorumlock/core'
import type { NodeConfig } from './node-config.js'
import { areHopeless, openNodes, type Opening } from './opening.js'
import type { ConnectOptions } from './options.js'

/** How long to wait for the nodes that connect after a majority, milliseconds. */
const STRAGGLERS = 100

/**
 * Opens a connection to each node. Resolves when a majority is connected and the others have had a moment, so that an
 * immediate first lock is stored on them too; nodes that are down join later. The connections belong to the `Redlock`
 * and end with its `close()`.
 */
export async function connect(
  nodes: readonly (string | NodeConfig)[],
  options: ConnectOptions = {},
): Promise<Redlock> {
  const opening = openNodes(nodes, options)
  const { redlock, connectTimeout } = opening
  const start = systemClock.monotonic()
  if (await opening.connected(redlock.quorum, connectTimeout)) {
    await opening.tried(STRAGGLERS)
    return redlock
  }
  const error = unconnected(opening, nodes.length, Math.round(systemClock.monotonic() - start))
  await redlock.close()
  throw error
}

function unconnected(opening: Opening, total: number, waited: number): QuorumUnavailableError {
  const { quorum } = opening.redlock
  const missing = opening.missing()
  const votes = missing.map(({ node, obstacle }) => {
    const reason = obstacle?.reason ?? 'no answer'
    return { node, vote: 'failed', reason, latency: waited } as const
  })
  const needed = `Cannot connect: ${quorum} of ${total} nodes are needed`
  const reasons = votes.map(({ node, reason }) => `${node} (${reason})`).join(', ')
  return areHopeless(missing, total - quorum)
    ? new LockMisuseError(
        `${needed}, but these refused the connection: ${reasons}. Check user and password`,
        { votes },
      )
    : new QuorumUnavailableError(
        `${needed}, but these could not be reached within ${opening.connectTimeout} ms: ${reasons}`,
        { votes },
      )
}
