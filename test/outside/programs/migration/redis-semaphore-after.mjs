// The ported program, by the table "From redis-semaphore" of the migration guide.
import { connect } from '@quorumlock/clients'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const [what] = process.argv.slice(2)
const redlock = await connect(urls, { keyPrefix: 'mutex:', fair: false })
const named = redlock.getLock('a', { ttl: 30_000 })

try {
  const lock = await named.tryAcquire()
  console.log(lock === null ? 'refused' : 'held')
  if (lock !== null && what === 'hold') await nextLine()
} finally {
  await named.release()
}
await redlock.close()
