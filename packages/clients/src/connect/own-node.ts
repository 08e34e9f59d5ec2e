import type { LockNode } from '@quorumlock/core'
import { createClient } from 'redis'
import { linkToNodeRedis } from '../redis/node-redis.js'
import { reconnectDelay } from '../redis/reconnect.js'
import { ScriptNode } from '../redis/script-node.js'
import type { Endpoint } from './node-config.js'

export interface Connecting {
  readonly clientName: string
  readonly connectTimeout: number
  readonly pingInterval: number
  readonly socketTimeout: number
}

/** A connection of ours and the node over it. */
export interface OwnNode {
  readonly node: LockNode
  /** Why it is not connected, as far as is known. */
  readonly lastError: () => string | undefined
  /** Continues to try until the node is closed; reports each success and each failure. */
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
    // A command is sent now or never: what waits for a connection would come when nobody wants it any more.
    disableOfflineQueue: true,
    // The engine has deadlines of its own; a timer for each command costs several times the command.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    pingInterval,
    socket: {
      host,
      port,
      ...(tls !== undefined && { ...tls, tls: true as const }),
      connectTimeout,
      // A peer that is gone without a word: no reply to a ping, then nothing to hear.
      socketTimeout,
      keepAlive: true,
      keepAliveInitialDelay: 5_000,
      noDelay: true,
      reconnectStrategy: reconnectDelay,
    },
  })
  let lastError: string | undefined
  const failed = (error: unknown): void => {
    lastError = error instanceof Error ? describe(error) : String(error)
  }
  client.on('error', failed)
  const link = linkToNodeRedis(client, name)
  const close = (): void => {
    client.destroy()
  }
  return {
    node: new ScriptNode({ ...link, close }, { durable }),
    lastError: () => lastError,
    connect(onChange) {
      client.on('ready', () => {
        lastError = undefined
        onChange()
      })
      client.on('error', onChange)
      client.connect().catch((error: unknown) => {
        if (lastError === undefined) failed(error)
        onChange()
      })
    },
  }
}

/** Several addresses of one host make an `AggregateError` without a message. */
function describe(error: Error): string {
  const { code } = error as { code?: unknown }
  if (error.message !== '') return error.message
  return typeof code === 'string' ? code : error.name
}
