// A2: try once; `null` if somebody else has it.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
const lock = await here.tryAcquire('order:42', { ttl: 10_000 })
assert.ok(lock)
assert.equal(await there.tryAcquire('order:42', { ttl: 10_000 }), null)
await lock.release()
await close()
