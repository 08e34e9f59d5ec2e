// Prints a lock for another process to resume, and keeps its own handle until it reads how to end.
import { setTimeout as work } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const [options] = process.argv.slice(2)
const redlock = await connect(urls)

await redlock
  .using('job', JSON.parse(options), async (lock) => {
    lock.signal.addEventListener('abort', () => console.log('over'))
    console.log(JSON.stringify(lock))
    const end = await nextLine()
    if (end === 'close') await redlock.close()
    if (end === 'release') console.log(await lock.release())
    if (end === 'expire') await work(60_000, undefined, { signal: lock.signal })
    // Otherwise the lock ends with `using`.
  })
  .catch((error) => console.log(`using: ${error.name}`))
console.log('ended')
await redlock.close()
