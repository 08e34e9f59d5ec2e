// What a user of redlock 5 has: hold a lock until told, or try once.
import { once } from 'node:events'
import { Redis } from 'ioredis'
import Redlock from 'redlock'
import { urls } from '../opened.mjs'
import { told } from '../told.mjs'

const [what] = process.argv.slice(2)
const clients = urls.map((url) => new Redis(url))
await Promise.all(clients.map((client) => once(client, 'ready')))
const redlock = new Redlock(clients, { retryCount: 0 })

try {
  const lock = await redlock.acquire(['a'], 30_000)
  console.log('held')
  if (what === 'hold') await told()
  await lock.release()
} catch (error) {
  console.log(`refused: ${error.name}`)
}
await redlock.quit()
