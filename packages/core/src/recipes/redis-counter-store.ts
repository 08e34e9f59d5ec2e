import { shown } from '../options.js'
import type { CounterStore } from './counter-store.js'

/** A node-redis client, as far as it is needed. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>
}

/** An ioredis client, as far as it is needed. */
export interface IoredisLike {
  call(command: string, ...args: string[]): Promise<unknown>
}

export interface RedisCounterStoreOptions {
  /** Stands before every key. Default `'counter:'`. */
  readonly keyPrefix?: string | undefined
}

/**
 * Counters on one Redis server, through a node-redis or ioredis client of yours. It need not be one of the lock nodes.
 * When the server loses its data the windows begin anew.
 */
export function redisCounterStore(
  client: NodeRedisLike | IoredisLike,
  { keyPrefix = 'counter:' }: RedisCounterStoreOptions = {},
): CounterStore {
  const send = senderOf(client)
  return {
    async read(key) {
      // The time left first: a counter that expires in between is then read as none, never as one without an end.
      const remaining = Number(await send('PTTL', keyPrefix + key))
      const count = await send('GET', keyPrefix + key)
      if (count === null || remaining <= 0) return undefined
      return { count: Number(count), remaining }
    },
    async write(key, { count, remaining }) {
      await send('SET', keyPrefix + key, String(count), 'PX', String(Math.max(1, Math.round(remaining))))
    },
  }
}

function senderOf(client: NodeRedisLike | IoredisLike): (...args: [string, ...string[]]) => Promise<unknown> {
  const { call, sendCommand } = (client as Partial<NodeRedisLike & IoredisLike> | null | undefined) ?? {}
  // ioredis has a `sendCommand` too, which takes something else.
  if (typeof call === 'function') return (...args) => call.apply(client, args)
  if (typeof sendCommand === 'function') return (...args) => sendCommand.call(client, args)
  throw new TypeError(`Expected \`client\` to be a node-redis or an ioredis client, got ${shown(client)}`)
}
