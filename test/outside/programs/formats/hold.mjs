// An ES module that holds a lock until the next line of input.
import { connect } from '@quorumlock/clients'
import { LockContendedError } from '@quorumlock/core'
import { once } from '@quorumlock/core/recipes'
import { urls } from '../opened.mjs'
import { nextLine } from '../next-line.mjs'

const redlock = await connect(urls)
const lock = await redlock.acquire('order:42')
console.log('held', typeof LockContendedError, typeof once)
await nextLine()
console.log(await lock.release())
await redlock.close()
