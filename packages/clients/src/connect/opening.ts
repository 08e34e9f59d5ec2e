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
   * Resolves true as soon as `count` nodes are connected, false when that takes more than `patience` milliseconds or so
   * many turn us away for good that they will not be.
   */
  readonly connected: (count: number, patience: number) => Promise<boolean>
  /** Resolves when every node is connected or has failed once, after `patience` milliseconds at the latest. */
  readonly tried: (patience: number) => Promise<void>
  /** Nodes that are not connected, and why, as far as is known. */
  readonly missing: () => readonly Missing[]
}

export interface Missing {
  readonly node: string
  readonly obstacle: Failed | Unknown | undefined
}

/** A wrong password does not become right by waiting. */
export function areHopeless(missing: readonly Missing[], spare: number): boolean {
  return missing.filter(({ obstacle }) => obstacle?.misuse === true).length > spare
}

/** Begins to open a connection to each node, and goes on trying until `redlock.close()`. Throws when an option is wrong. */
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
  // Before anything is opened: wrong options are told at once.
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

/** By default the process that an operator would look for. `false`: none. */
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
