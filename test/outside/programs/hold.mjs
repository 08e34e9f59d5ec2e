// Takes a lock with its first call and keeps it until it is told to go on.
import { opened } from './opened.mjs'
import { told } from './told.mjs'

const [kind, resource] = process.argv.slice(2)
const { redlock, close } = await opened(kind)

const lock = await redlock.acquire(resource)
console.log('held')
await told()
lock.assertHeld()
console.log(await lock.release())
await close()
