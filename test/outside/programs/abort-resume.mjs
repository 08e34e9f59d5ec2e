// Starts to resume a lock, is aborted, for example by a deadline, and then resumes it again.
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const redlock = await connect(urls)
await redlock.isLocked('job')
console.log('ready')
const json = await nextLine()

const controller = new AbortController()
const resuming = redlock.resume(JSON.parse(json), { signal: controller.signal, nodeTimeout: 2_000 })
await pause(50) // The nodes have received the command by now, and answer later.
controller.abort(new Error('too late'))
console.log(
  await resuming.then(
    () => 'not rejected',
    (error) => `rejected: ${error.message}`,
  ),
)
await nextLine()

const lock = await redlock.resume(JSON.parse(json))
lock.signal.addEventListener('abort', () => console.log(`lost: ${lock.signal.reason.message}`))
console.log('resumed')
await nextLine()
await lock.extend()
lock.assertHeld()
console.log(await lock.release())
await redlock.close()
