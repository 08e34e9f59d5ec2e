import { shown } from '../check.js'
import type { CounterStore } from './counter-store.js'

/** The part of a node-redis client that is needed. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>
}

/** The part of an ioredis client that is needed. */
export interface IoredisLike {
  call(command: string, ...args: string[]): Promise<unknown>
}

export interface RedisCounterStoreOptions {
  /** Prefix of every key. Default `'counter:'`. */
  readonly keyPrefix?: string | undefined
}

/**
 * KEYS 1: the counter · ARGV 1: the count that was read; 2: the count to write; 3: length of a window in milliseconds
 * reply 1 if it was written, 0 if the count has changed since it was read
 */
const WRITE_IF_UNCHANGED = `
local runs = redis.call('PTTL', KEYS[1]) > 0
local count = runs and redis.call('GET', KEYS[1]) or '0'
if count ~= ARGV[1] then return 0 end
if runs then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

/**
 * Counters on one Redis server (6.0 or newer), through your node-redis or ioredis client. The server need not be a lock
 * node. If it loses its data, all windows begin again.
 */
export function redisCounterStore(
  client: NodeRedisLike | IoredisLike,
  { keyPrefix = 'counter:' }: RedisCounterStoreOptions = {},
): CounterStore {
  const send = senderOf(client)
  return {
    async read(key) {
      // Reads the remaining time first. So a counter that expires in between is read as missing, never as one without
      // an end.
      const remaining = Number(await send('PTTL', keyPrefix + key))
      const count = await send('GET', keyPrefix + key)
      if (count === null || remaining <= 0) return undefined
      return { count: Number(count), remaining }
    },
    async write(key, { from, to, window }) {
      const change = [String(from), String(to), String(window)]
      return Number(await send('EVAL', WRITE_IF_UNCHANGED, '1', keyPrefix + key, ...change)) === 1
    },
  }
}

function senderOf(client: NodeRedisLike | IoredisLike): (...args: [string, ...string[]]) => Promise<unknown> {
  const { call, sendCommand } = (client as Partial<NodeRedisLike & IoredisLike> | null | undefined) ?? {}
  // ioredis has a `sendCommand` too, with other arguments.
  if (typeof call === 'function') return (...args) => call.apply(client, args)
  if (typeof sendCommand === 'function') return (...args) => sendCommand.call(client, args)
  throw new TypeError(`Expected \`client\` to be a node-redis or ioredis client, got ${shown(client)}`)
}
