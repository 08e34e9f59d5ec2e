// Holds a lock until the next line of input, and prints when it starts the release.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const [resource] = process.argv.slice(2)
const redlock = await connect(urls)
const lock = await redlock.acquire(resource)
console.log('held')
await nextLine()
console.log(`released at ${Date.now()}`)
await lock.release()
await redlock.close()
