import type { Failed, LockNode, Unknown } from '@quorumlock/core'
import { createClient } from 'redis'
import { linkToNodeRedis } from '../redis/node-redis.js'
import { reconnectDelay } from '../redis/reconnect.js'
import { ScriptNode } from '../redis/script-node.js'
import { voteOfError } from '../redis/vote-of-error.js'
import type { Endpoint } from './node-config.js'

export interface Connecting {
  readonly clientName: string
  readonly connectTimeout: number
  readonly pingInterval: number
  readonly socketTimeout: number
}

/** A node and its own connection. */
export interface OwnNode {
  readonly node: LockNode
  /** Why it is not connected, if the reason is known. */
  readonly obstacle: () => Failed | Unknown | undefined
  /** Keeps trying until the node is closed. Calls `onChange` after every connect and every failure. */
  readonly connect: (onChange: () => void) => void
}

export function ownNode(endpoint: Endpoint, connecting: Connecting): OwnNode {
  const { host, port, username, password, tls, database, name, durable } = endpoint
  const { clientName, connectTimeout, pingInterval, socketTimeout } = connecting
  const client = createClient({
    RESP: 3,
    name: clientName,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    // A command is sent immediately or never. One that waits for a connection would arrive after its deadline.
    disableOfflineQueue: true,
    // The engine has its own deadlines, and a timer per command costs several times as much as the command.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    pingInterval,
    socket: {
      host,
      port,
      ...(tls !== undefined && { ...tls, tls: true as const }),
      connectTimeout,
      // Detects a peer that disappeared silently, since then pings get no reply and there is no traffic.
      socketTimeout,
      keepAlive: true,
      keepAliveInitialDelay: 5_000,
      noDelay: true,
      reconnectStrategy: reconnectDelay,
    },
  })
  let obstacle: Failed | Unknown | undefined
  let changed = (): void => undefined
  const failed = (error: unknown): void => {
    obstacle = { ...voteOfError(error), reason: error instanceof Error ? describe(error) : String(error) }
    changed()
  }
  client.on('error', failed)
  const link = linkToNodeRedis(client, name)
  const close = (): void => {
    client.destroy()
  }
  return {
    node: new ScriptNode({ ...link, close }, { durable }),
    obstacle: () => obstacle,
    connect(onChange) {
      changed = onChange
      client.on('ready', () => {
        obstacle = undefined
        onChange()
      })
      client.connect().catch((error: unknown) => {
        if (obstacle === undefined) failed(error)
      })
    },
  }
}

/** For a host with several addresses, the error is an `AggregateError` without a message. */
function describe(error: Error): string {
  const { code } = error as { code?: unknown }
  if (error.message !== '') return error.message
  return typeof code === 'string' ? code : error.name
}
