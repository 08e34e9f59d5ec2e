// A program with redlock-universal: holds a lock until the next line of input, or tries once.
import { NodeRedisAdapter, RedLock } from 'redlock-universal'
import { createClient } from 'redis'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const clients = await Promise.all(urls.map((url) => createClient({ url }).connect()))
const adapters = clients.map((client) => new NodeRedisAdapter(client))
const lock = new RedLock({ adapters, key: 'a', ttl: 30_000, retryAttempts: 0 })

try {
  const handle = await lock.acquire()
  console.log('held')
  if (what === 'hold') await nextLine()
  await lock.release(handle)
} catch (error) {
  console.log(`refused: ${error.name}`)
}
for (const client of clients) client.destroy()
