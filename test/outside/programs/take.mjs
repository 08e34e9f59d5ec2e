// Resumes a lock that another process printed, from a line of its standard input.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const redlock = await connect(urls)
console.log('ready')

const lock = await redlock.resume(JSON.parse(await nextLine()))
lock.signal.addEventListener('abort', () => console.log(`lost: ${lock.signal.reason.message}`))
console.log('resumed')
await nextLine()
await lock.extend()
lock.assertHeld()
console.log(await lock.release())
await redlock.close()
