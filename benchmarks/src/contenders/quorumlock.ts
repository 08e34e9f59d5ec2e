import { connect, ioredisNode } from '@quorumlock/clients'
import { Redlock, type RedlockOptions } from '@quorumlock/core'
import { ioredisClients } from './connections.js'
import { TTL, type Contender, type Entry } from './contender.js'

const waitForever = { ttl: TTL, wait: Infinity }

async function onNodeRedis(
  urls: readonly string[],
  options: Omit<RedlockOptions, 'nodes'>,
): Promise<Contender> {
  const redlock = await connect(urls, { ...waitForever, ...options })
  return { acquire: (resources) => redlock.acquire(resources), close: () => redlock.close() }
}

async function onIoredis(urls: readonly string[]): Promise<Contender> {
  const clients = await ioredisClients(urls)
  const redlock = new Redlock({ nodes: clients.map((client) => ioredisNode(client)), ...waitForever })
  return {
    acquire: (resources) => redlock.acquire(resources),
    close: async () => {
      await redlock.close()
      for (const client of clients) client.disconnect()
    },
  }
}

const common = {
  kind: 'ours',
  client: 'node-redis',
  sends: ['evalsha', 'eval'],
  takesSeveral: true,
  renews: true,
} as const

export const quorumlock: readonly Entry[] = [
  { ...common, name: 'quorumlock', open: (urls) => onNodeRedis(urls, {}) },
  { ...common, name: 'quorumlock, fencing', open: (urls) => onNodeRedis(urls, { fencing: true }) },
  { ...common, name: 'quorumlock, spread: all', open: (urls) => onNodeRedis(urls, { spread: 'all' }) },
  { ...common, name: 'quorumlock, spread: quorum', open: (urls) => onNodeRedis(urls, { spread: 'quorum' }) },
  { ...common, name: 'quorumlock, unfair', open: (urls) => onNodeRedis(urls, { fair: false }) },
  { ...common, name: 'quorumlock on ioredis', client: 'ioredis', open: onIoredis },
]

/** Shows the cost of the guard against lost data, which should stay on in production. */
export const unguarded: Entry = {
  ...common,
  name: 'quorumlock, no guard',
  open: (urls) => onNodeRedis(urls, { guard: false }),
}
