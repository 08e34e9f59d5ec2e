// Acquires a lock with its first call and holds it until the next line of input.
import { opened } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const [kind, resource] = process.argv.slice(2)
const { redlock, close } = await opened(kind)

const lock = await redlock.acquire(resource)
console.log('held')
await nextLine()
lock.assertHeld()
console.log(await lock.release())
await close()
