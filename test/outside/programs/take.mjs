// Continues with a lock that another process printed, and that reaches it as a line of its standard input.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { told } from './told.mjs'

const redlock = await connect(urls)
console.log('ready')

const lock = await redlock.resume(JSON.parse(await told()))
lock.signal.addEventListener('abort', () => console.log(`lost: ${lock.signal.reason.message}`))
console.log('resumed')
await told()
await lock.extend()
lock.assertHeld()
console.log(await lock.release())
await redlock.close()
