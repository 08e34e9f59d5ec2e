// C2: acquire and release by name, without keeping a handle.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const redlock = open()
assert.ok(await redlock.getLock('order:42').tryAcquire())
assert.equal(await redlock.getLock('order:42').isLocked(), true)
assert.equal(await redlock.getLock('order:42').release(), 'released')
assert.equal(await redlock.getLock('order:42').isLocked(), false)
await close()
