// B5: is it locked, and wait until it is not.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
const lock = await here.acquire('order:42', { label: 'worker 7' })
assert.equal(await there.isLocked('order:42'), true)
assert.equal((await there.inspect('order:42')).nodes[0]?.label, 'worker 7')
assert.equal(await there.waitForUnlock('order:42', { timeout: 50 }), false)
const unlocked = there.waitForUnlock('order:42', { timeout: 5_000 })
await lock.release()
assert.equal(await unlocked, true)
await close()
