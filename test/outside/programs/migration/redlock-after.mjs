// The ported program, by the table "From node-redlock" of the migration guide.
import { once } from 'node:events'
import { ioredisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
import { Redis } from 'ioredis'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const clients = urls.map((url) => new Redis(url))
await Promise.all(clients.map((client) => once(client, 'ready')))
const redlock = new Redlock({
  nodes: clients.map((client) => ioredisNode(client)),
  keyPrefix: '',
  fair: false,
})

const lock = await redlock.tryAcquire('a', { ttl: 30_000 })
console.log(lock === null ? 'refused' : 'held')
if (lock !== null) {
  if (what === 'hold') await nextLine()
  await lock.release()
}
await redlock.close()
for (const client of clients) client.disconnect()
