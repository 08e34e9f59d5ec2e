import { hostname } from 'node:os'
import { Redlock, systemClock, type Failed, type Unknown } from '@quorumlock/core'
import { endpointOf, type NodeConfig } from './node-config.js'
import type { ConnectOptions } from './options.js'
import { ownNode } from './own-node.js'

/** A client whose connections are being opened. */
export interface Opening {
  readonly redlock: Redlock
  readonly connectTimeout: number
  /**
   * Resolves to true as soon as `count` nodes are connected; to false after `patience` milliseconds, or when too many
   * nodes refuse the login for that to happen.
   */
  readonly connected: (count: number, patience: number) => Promise<boolean>
  /** Resolves when every node is connected or has failed once, and at the latest after `patience` milliseconds. */
  readonly tried: (patience: number) => Promise<void>
  /** Nodes that are not connected, with the reason if it is known. */
  readonly missing: () => readonly Missing[]
}

export interface Missing {
  readonly node: string
  readonly obstacle: Failed | Unknown | undefined
}

/** Whether more than `spare` nodes refuse for a reason that waiting does not resolve, such as a wrong password. */
export function areHopeless(missing: readonly Missing[], spare: number): boolean {
  return missing.filter(({ obstacle }) => obstacle?.misuse === true).length > spare
}

/** Starts connecting to each node and keeps trying until `redlock.close()`. Throws if an option is wrong. */
export function openNodes(nodes: readonly (string | NodeConfig)[], options: ConnectOptions): Opening {
  const {
    username,
    password,
    tls,
    clientName,
    connectTimeout,
    pingInterval,
    socketTimeout,
    durable,
    label,
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
  // Before any connection is opened, so that wrong options throw immediately.
  const redlock = new Redlock({ ...rest, label: labelFrom(label), nodes: own.map(({ node }) => node) })
  const waiting = new Set<() => void>()
  for (const { connect } of own) {
    connect(() => {
      for (const look of [...waiting]) look()
    })
  }
  const until = (isSo: () => boolean, patience: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        waiting.delete(look)
        resolve()
      }
      const timer = systemClock.timer(patience, end)
      const look = (): void => {
        if (isSo()) end()
      }
      waiting.add(look)
      look()
    })
  const missing = (): readonly Missing[] =>
    own
      .filter(({ node }) => !node.connected)
      .map(({ node, obstacle }) => ({ node: node.name, obstacle: obstacle() }))
  return {
    redlock,
    connectTimeout: connecting.connectTimeout,
    async connected(count, patience) {
      const spare = own.length - count
      await until(() => missing().length <= spare || areHopeless(missing(), spare), patience)
      return missing().length <= spare
    },
    tried: (patience) => until(() => missing().every(({ obstacle }) => obstacle !== undefined), patience),
    missing,
  }
}

/** By default host and process id, which lead an operator to the process. */
function labelFrom(label: string | false | undefined): string | undefined {
  if (label === false) return undefined
  return label ?? `${hostname().slice(0, 80)}:${process.pid}`
}

/** @internal */
export function milliseconds(name: string, given: number | undefined, byDefault: number): number {
  const value = given ?? byDefault
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new RangeError(
    `Expected \`${name}\` to be a whole number of milliseconds, 1 or more, got ${String(value)}`,
  )
}
