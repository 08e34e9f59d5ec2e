// What a user of redis-semaphore has: hold a mutex until told, or try once; it is always safe to release.
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { RedlockMutex } from 'redis-semaphore'
import { urls } from '../opened.mjs'
import { told } from '../told.mjs'

const [what] = process.argv.slice(2)
const clients = urls.map((url) => new Redis(url))
await Promise.all(clients.map((client) => once(client, 'ready')))
const mutex = new RedlockMutex(clients, 'a', { lockTimeout: 30_000 })

try {
  const isAcquired = await mutex.tryAcquire()
  console.log(isAcquired ? 'held' : 'refused')
  if (isAcquired && what === 'hold') await told()
} finally {
  await mutex.release()
}
for (const client of clients) client.disconnect()
