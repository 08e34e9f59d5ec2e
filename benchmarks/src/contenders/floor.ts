import { randomBytes } from 'node:crypto'
import { ioredisClients, nodeRedisClients } from './connections.js'
import { TTL, type Entry } from './contender.js'

const compareAndDelete = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/** Only the commands of a quorum lock: no clock, no rollback, no retries. No library can be faster. */
interface BareNode {
  set(key: string, value: string): Promise<unknown>
  compareAndDelete(key: string, value: string): Promise<unknown>
}

/** Resolves when a majority has replied. */
function majority(calls: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    let missing = Math.floor(calls.length / 2) + 1
    const count = (): void => {
      if (--missing === 0) resolve()
    }
    for (const call of calls) call.then(count, () => {})
  })
}

function lockOn(nodes: readonly BareNode[]) {
  return async ([key]: readonly string[]) => {
    const value = randomBytes(16).toString('hex')
    await majority(nodes.map((node) => node.set(key!, value)))
    return { release: () => majority(nodes.map((node) => node.compareAndDelete(key!, value))) }
  }
}

const common = { kind: 'floor', sends: ['set', 'evalsha'], takesSeveral: false, renews: false } as const

export const floors: readonly Entry[] = [
  {
    ...common,
    name: 'bare commands, node-redis',
    client: 'node-redis',
    open: async (urls) => {
      // The client's timer per command is most of the cost of a command, so the floor has none.
      const clients = await nodeRedisClients(urls, { commandOptions: { timeout: 0 } })
      const nodes = await Promise.all(
        clients.map(async (client): Promise<BareNode> => {
          const sha = await client.scriptLoad(compareAndDelete)
          return {
            set: (key, value) =>
              client.set(key, value, { condition: 'NX', expiration: { type: 'PX', value: TTL } }),
            compareAndDelete: (key, value) => client.evalSha(sha, { keys: [key], arguments: [value] }),
          }
        }),
      )
      return {
        acquire: lockOn(nodes),
        close: async () => {
          for (const client of clients) client.destroy()
        },
      }
    },
  },
  {
    ...common,
    name: 'bare commands, ioredis',
    client: 'ioredis',
    open: async (urls) => {
      const clients = await ioredisClients(urls)
      const nodes = await Promise.all(
        clients.map(async (client): Promise<BareNode> => {
          const sha = (await client.script('LOAD', compareAndDelete)) as string
          return {
            set: (key, value) => client.set(key, value, 'PX', TTL, 'NX'),
            compareAndDelete: (key, value) => client.evalsha(sha, 1, key, value),
          }
        }),
      )
      return {
        acquire: lockOn(nodes),
        close: async () => {
          for (const client of clients) client.disconnect()
        },
      }
    },
  },
]
