// B12: two tasks that wait for each other are found at once.
import assert from 'node:assert/strict'
import { DeadlockError } from '@quorumlock/core'
import { close, open, sleep } from './open.js'

const redlock = open({ deadlockDetection: { onCycle: 'reject' } })
const task = (first: string, second: string): Promise<void> =>
  redlock.using(first, { label: `${first} then ${second}` }, async () => {
    await sleep(50)
    await redlock.using(second, () => undefined)
  })
const results = await Promise.allSettled([task('a', 'b'), task('b', 'a')])
const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
assert.equal(failures.length, 1)
assert.ok(failures[0] instanceof DeadlockError)
console.log(failures[0].chain.join('\n'))
await close()
