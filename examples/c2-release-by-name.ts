// C2: acquire and release by name: one object is kept, and no handle. It releases only what it took itself.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const redlock = open()
const order = redlock.getLock('order:42')
assert.ok(await order.tryAcquire())
assert.equal(await order.isLocked(), true)
assert.equal(await redlock.getLock('order:42').release(), 'expired')
assert.equal(await order.release(), 'released')
assert.equal(await order.isLocked(), false)
await close()
