import Redlock from 'redlock'
import { RedlockMutex } from 'redis-semaphore'
import { createRedlock, IoredisAdapter } from 'redlock-universal'
import { ioredisClients } from './connections.js'
import { TTL, type Contender, type Entry } from './contender.js'

type Acquire = Contender['acquire']

/** The peers run on ioredis, which all of them support, with their own retry delays, but never give up. */
async function onIoredis(
  urls: readonly string[],
  make: (clients: Awaited<ReturnType<typeof ioredisClients>>) => Acquire,
): Promise<Contender> {
  const clients = await ioredisClients(urls)
  return {
    acquire: make(clients),
    close: async () => {
      for (const client of clients) client.disconnect()
    },
  }
}

const common = { kind: 'peer', client: 'ioredis' } as const

const redlock: Entry = {
  ...common,
  name: 'redlock',
  sends: ['evalsha', 'eval'],
  takesSeveral: true,
  renews: false,
  open: (urls) =>
    onIoredis(urls, (clients) => {
      const client = new Redlock(clients, { retryCount: -1 })
      return (resources) => client.acquire([...resources], TTL)
    }),
}

const redisSemaphore: Entry = {
  ...common,
  name: 'redis-semaphore',
  sends: ['evalsha', 'eval', 'set'],
  takesSeveral: false,
  renews: true,
  open: (urls) =>
    onIoredis(urls, (clients) => async (resources) => {
      const mutex = new RedlockMutex(clients, resources[0]!, { lockTimeout: TTL, acquireTimeout: Infinity })
      await mutex.acquire()
      return mutex
    }),
}

const redlockUniversal: Entry = {
  ...common,
  name: 'redlock-universal',
  sends: ['evalsha', 'eval', 'set'],
  takesSeveral: false,
  renews: false,
  open: (urls) =>
    onIoredis(urls, (clients) => {
      const adapters = clients.map((client) => new IoredisAdapter(client))
      return async (resources) => {
        const lock = createRedlock({ adapters, key: resources[0]!, ttl: TTL, retryAttempts: 1_000_000 })
        const handle = await lock.acquire()
        return { release: () => lock.release(handle) }
      }
    }),
}

export const peers: readonly Entry[] = [redlock, redisSemaphore, redlockUniversal]
