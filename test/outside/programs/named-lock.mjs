// Two parts of a process use the same name; the second gives up, and releases in its finally as a user of
// redis-semaphore would, for whom "it's safe to always call release".
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { told } from './told.mjs'

const redlock = await connect(urls)
const first = redlock.getLock('printer')
const second = redlock.getLock('printer')

const lock = await first.acquire()
try {
  await second.acquire({ wait: 1_000 })
} catch (error) {
  console.log(error.code)
} finally {
  console.log(`second: ${await second.release()}`)
}
await told()
lock.assertHeld()
await lock.extend()
console.log(`first: ${await first.release()}`)
await redlock.close()
