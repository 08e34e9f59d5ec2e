// A1: wait for a lock with a TTL and a maximum wait; it is released at the end of its scope.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const redlock = open()
{
  await using lock = await redlock.acquire('order:42', { ttl: 10_000, wait: 5_000 })
  assert.ok(lock.remaining() > 9_000)
  console.log(`held by ${lock.votes.filter(({ vote }) => vote === 'granted').length} nodes`)
}
assert.equal(await redlock.isLocked('order:42'), false)
await close()
