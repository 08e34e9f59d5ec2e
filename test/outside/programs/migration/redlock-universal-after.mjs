// The ported program, by the table "From redlock-universal" of the migration guide.
import { nodeRedisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
import { createClient } from 'redis'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const clients = await Promise.all(
  urls.map((url) =>
    createClient({ url })
      .on('error', () => {})
      .connect(),
  ),
)
const redlock = new Redlock({
  nodes: clients.map((client) => nodeRedisNode(client)),
  ttl: 30_000,
  keyPrefix: '',
  fair: false,
})

try {
  const lock = await redlock.acquire('a', { wait: 0 })
  console.log('held')
  if (what === 'hold') await nextLine()
  console.log(await lock.release())
} catch (error) {
  console.log(`refused: ${error.code}`)
}
await redlock.close()
for (const client of clients) client.destroy()
