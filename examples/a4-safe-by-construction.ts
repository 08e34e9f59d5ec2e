// A4: every acquisition has a value of its own, and only that value releases it.
import assert from 'node:assert/strict'
import { close, open, sleep } from './open.js'

const [here, there] = [open(), open()]
const first = await here.acquire('order:42', { ttl: 100, autoExtend: false })
await sleep(150)
const second = await there.acquire('order:42')
assert.notEqual(first.value, second.value)
assert.equal(await first.release(), 'expired', 'too late, and without harm')
assert.ok(second.held)
await close()
