import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { QuorumUnavailableError, Redlock, systemClock, type RedlockOptions } from '@quorumlock/core'
import { endpointOf, type NodeConfig } from './node-config.js'
import { ownNode, type OwnNode } from './own-node.js'

/** Everything that `new Redlock` takes but the nodes, and how to reach them. All times are milliseconds. */
export interface ConnectOptions extends Omit<RedlockOptions, 'nodes'> {
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
}

/** How long nodes that are slower to connect than a majority are waited for, milliseconds. */
const STRAGGLERS = 100

/**
 * Opens a connection to each node and resolves as soon as a majority is there and the others have had a moment; those
 * that are away join when they can. The connections belong to the `Redlock` and end with its `close()`.
 */
export async function connect(
  nodes: readonly (string | NodeConfig)[],
  options: ConnectOptions = {},
): Promise<Redlock> {
  const {
    username,
    password,
    tls,
    clientName,
    connectTimeout,
    pingInterval,
    socketTimeout,
    durable,
    ...rest
  } = options
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw new TypeError('Expected `nodes` to be an array of at least one URL or object')
  }
  const connecting = {
    clientName: clientName ?? 'quorumlock',
    connectTimeout: milliseconds('connectTimeout', connectTimeout, 5_000),
    pingInterval: milliseconds('pingInterval', pingInterval, 2_000),
    socketTimeout: milliseconds('socketTimeout', socketTimeout, 5_000),
  }
  if (connecting.socketTimeout <= connecting.pingInterval) {
    throw new RangeError(
      `Expected \`socketTimeout\` to be more than \`pingInterval\` (${connecting.pingInterval}), got ${connecting.socketTimeout}`,
    )
  }
  const own = nodes.map((node: string | NodeConfig, index) =>
    ownNode(endpointOf(node, index, { username, password, tls, durable }), connecting),
  )
  // Before anything is opened: wrong options are told at once.
  const redlock = new Redlock({ ...rest, nodes: own.map(({ node }) => node) })
  if (await majority(own, redlock.quorum, connecting.connectTimeout)) return redlock
  const told = own.map(({ node, lastError }) => ({ node, reason: lastError() ?? 'no answer' }))
  const missing = told.filter(({ node }) => !node.connected)
  await redlock.close()
  throw new QuorumUnavailableError(
    `Cannot connect: ${redlock.quorum} of ${own.length} nodes are needed, and within ${connecting.connectTimeout} ms these could not be reached: ${missing
      .map(({ node, reason }) => `${node.name} (${reason})`)
      .join(', ')}`,
    {
      votes: missing.map(({ node, reason }) => ({
        node: node.name,
        vote: 'failed',
        reason,
        latency: connecting.connectTimeout,
      })),
    },
  )
}

/**
 * Once a majority is there, the others get a moment: a lock that is taken at once is to stand on them too. Nodes that
 * were refused are not waited for.
 */
function majority(own: readonly OwnNode[], quorum: number, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    let alarm = systemClock.timer(patience, () => {
      resolve(false)
    })
    let isMajority = false
    const look = (): void => {
      const connected = own.filter(({ node }) => node.connected).length
      if (connected < quorum) return
      if (own.every(({ node, lastError }) => node.connected || lastError() !== undefined)) {
        alarm.cancel()
        resolve(true)
      } else if (!isMajority) {
        isMajority = true
        alarm.cancel()
        alarm = systemClock.timer(STRAGGLERS, () => {
          resolve(true)
        })
      }
    }
    for (const one of own) one.connect(look)
  })
}

function milliseconds(name: string, given: number | undefined, byDefault: number): number {
  const value = given ?? byDefault
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new RangeError(
    `Expected \`${name}\` to be a whole number of milliseconds, 1 or more, got ${String(value)}`,
  )
}
