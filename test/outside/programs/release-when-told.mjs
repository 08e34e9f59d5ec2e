// Holds a lock, and says when it began to release it.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { told } from './told.mjs'

const [resource] = process.argv.slice(2)
const redlock = await connect(urls)
const lock = await redlock.acquire(resource)
console.log('held')
await told()
console.log(`released at ${Date.now()}`)
await lock.release()
await redlock.close()
