// Tries to acquire a lock with its first call: tryAcquire, or acquire without waiting.
import { opened } from './opened.mjs'

const [kind, resource, call = 'tryAcquire'] = process.argv.slice(2)
const { redlock, close } = await opened(kind)

const lock =
  call === 'tryAcquire' ? await redlock.tryAcquire(resource) : await redlock.acquire(resource, { wait: 0 })
console.log(lock === null ? 'not acquired' : 'acquired')
await lock?.release()
await close()
