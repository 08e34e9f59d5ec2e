// B8: so much per window, among all processes that share the counter store.
import assert from 'node:assert/strict'
import { memoryCounterStore, RateLimiter, redisCounterStore } from '@quorumlock/core/recipes'
import { close, open, redis } from './open.js'

const store = redis === undefined ? memoryCounterStore() : redisCounterStore(redis)
const limiters = [open(), open()].map(
  (redlock) => new RateLimiter(redlock, 'api', { limit: 3, window: 60_000, store }),
)
const decisions = await Promise.all(
  limiters.flatMap((limiter) => [limiter.tryTake('user:1'), limiter.tryTake('user:1')]),
)
assert.equal(decisions.filter(({ allowed }) => allowed).length, 3)
await close()
