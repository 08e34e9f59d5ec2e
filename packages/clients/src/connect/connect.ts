import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  LockMisuseError,
  QuorumUnavailableError,
  systemClock,
  type Redlock,
  type RedlockOptions,
} from '@quorumlock/core'
import type { NodeConfig } from './node-config.js'
import { areHopeless, openNodes, type Opening } from './opening.js'

/** Everything that `new Redlock` takes but the nodes, and how to reach them. All times are milliseconds. */
export interface ConnectOptions extends Omit<RedlockOptions, 'nodes' | 'label'> {
  /** User of an access control list, on all nodes that do not name their own. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** `true`, or options of `tls.connect`. Default: as the URL says. */
  readonly tls?: boolean | TlsOptions | undefined
  /** Shown by `CLIENT LIST` on the servers. Default: `quorumlock`. */
  readonly clientName?: string | undefined
  /** How long to wait for a majority, and for each connection. Default: 5,000. */
  readonly connectTimeout?: number | undefined
  /** How often an idle connection is tried. Default: 2,000. Lower: a dead peer is noticed sooner. */
  readonly pingInterval?: number | undefined
  /** A connection on which nothing moved for so long is made anew. Default: 5,000; more than `pingInterval`. */
  readonly socketTimeout?: number | undefined
  /** Every write survives a crash of the servers (`appendfsync always`). Default: false. */
  readonly durable?: boolean | undefined
  /**
   * Who asks, for people: shown by `inspect()`, in warnings and in traces. Travels in the lock key and in the queues,
   * so everyone with access to the nodes can read it. Default: host name and process id, `host:1234`; `false` for none.
   */
  readonly label?: string | false | undefined
}

/** How long nodes that are slower to connect than a majority are waited for, milliseconds. */
const STRAGGLERS = 100

/**
 * Opens a connection to each node and resolves as soon as a majority is there and the others have had a moment, so that
 * a lock that is taken at once stands on them too; those that are away join when they can. The connections belong to the
 * `Redlock` and end with its `close()`.
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
  const said = votes.map(({ node, reason }) => `${node} (${reason})`).join(', ')
  return areHopeless(missing, total - quorum)
    ? new LockMisuseError(`${needed}, and these refuse: ${said}. Check user and password`, { votes })
    : new QuorumUnavailableError(
        `${needed}, and within ${opening.connectTimeout} ms these could not be reached: ${said}`,
        {
          votes,
        },
      )
}
