// Two parts of a process use the same name. The second gives up, and releases in its finally like users of
// redis-semaphore, where "it's safe to always call release".
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

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
await nextLine()
lock.assertHeld()
await lock.extend()
console.log(`first: ${await first.release()}`)
await redlock.close()
