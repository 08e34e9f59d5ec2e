// Begins to resume a lock, is aborted (a deadline, say), and resumes it after all.
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { told } from './told.mjs'

const redlock = await connect(urls)
await redlock.isLocked('job')
console.log('ready')
const json = await told()

const controller = new AbortController()
const resuming = redlock.resume(JSON.parse(json), { signal: controller.signal, nodeTimeout: 2_000 })
await pause(50) // The nodes have got it by now, and answer later.
controller.abort(new Error('too late'))
console.log(
  await resuming.then(
    () => 'not rejected',
    (error) => `rejected: ${error.message}`,
  ),
)
await told()

const lock = await redlock.resume(JSON.parse(json))
lock.signal.addEventListener('abort', () => console.log(`lost: ${lock.signal.reason.message}`))
console.log('resumed')
await told()
await lock.extend()
lock.assertHeld()
console.log(await lock.release())
await redlock.close()
