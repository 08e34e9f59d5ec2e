// A program with redis-semaphore: holds a mutex until the next line of input, or tries once. Release is always safe.
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { RedlockMutex } from 'redis-semaphore'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const clients = urls.map((url) => new Redis(url))
await Promise.all(clients.map((client) => once(client, 'ready')))
const mutex = new RedlockMutex(clients, 'a', { lockTimeout: 30_000 })

try {
  const isAcquired = await mutex.tryAcquire()
  console.log(isAcquired ? 'held' : 'refused')
  if (isAcquired && what === 'hold') await nextLine()
} finally {
  await mutex.release()
}
for (const client of clients) client.disconnect()
