// An ES module that holds a lock until it is told to go on.
import { connect } from '@quorumlock/clients'
import { LockContendedError } from '@quorumlock/core'
import { once } from '@quorumlock/core/recipes'
import { urls } from '../opened.mjs'
import { told } from '../told.mjs'

const redlock = await connect(urls)
const lock = await redlock.acquire('order:42')
console.log('held', typeof LockContendedError, typeof once)
await told()
console.log(await lock.release())
await redlock.close()
