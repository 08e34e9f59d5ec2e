// C4: a cache that is not stampeded: one loads, the others wait for what it wrote.
import assert from 'node:assert/strict'
import { singleFlight } from '@quorumlock/core/recipes'
import { close, open, sleep } from './open.js'

const cache = new Map<string, string>()
let loads = 0
const page = {
  read: () => cache.get('page'),
  load: async () => {
    loads++
    await sleep(50)
    return 'content'
  },
  write: (content: string) => cache.set('page', content),
}
const redlocks = [open(), open()]
const calls = redlocks.flatMap((redlock) =>
  Array.from({ length: 50 }, () => singleFlight(redlock, 'page', page)),
)
assert.deepEqual(new Set(await Promise.all(calls)), new Set(['content']))
assert.equal(loads, 1)
await close()
