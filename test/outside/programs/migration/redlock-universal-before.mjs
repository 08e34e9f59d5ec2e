// What a user of redlock-universal has: hold a lock until told, or try once.
import { NodeRedisAdapter, RedLock } from 'redlock-universal'
import { createClient } from 'redis'
import { urls } from '../opened.mjs'
import { told } from '../told.mjs'

const [what] = process.argv.slice(2)
const clients = await Promise.all(urls.map((url) => createClient({ url }).connect()))
const adapters = clients.map((client) => new NodeRedisAdapter(client))
const lock = new RedLock({ adapters, key: 'a', ttl: 30_000, retryAttempts: 0 })

try {
  const handle = await lock.acquire()
  console.log('held')
  if (what === 'hold') await told()
  await lock.release(handle)
} catch (error) {
  console.log(`refused: ${error.name}`)
}
for (const client of clients) client.destroy()
