// A program with redlock 5: holds a lock until the next line of input, or tries once.
import { once } from 'node:events'
import { Redis } from 'ioredis'
import Redlock from 'redlock'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const clients = urls.map((url) => new Redis(url))
await Promise.all(clients.map((client) => once(client, 'ready')))
const redlock = new Redlock(clients, { retryCount: 0 })

try {
  const lock = await redlock.acquire(['a'], 30_000)
  console.log('held')
  if (what === 'hold') await nextLine()
  await lock.release()
} catch (error) {
  console.log(`refused: ${error.name}`)
}
await redlock.quit()
