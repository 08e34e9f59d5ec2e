// A3: a lock renews itself in the background for as long as its holder lives.
import assert from 'node:assert/strict'
import { close, open, sleep } from './open.js'

const lock = await open().acquire('import', { ttl: 300 })
await sleep(1_000)
assert.ok(lock.held, 'three times its TTL later it is still held')

// A holder that cannot renew any more: the lock expires by itself.
lock.detach()
assert.equal(await open().waitForUnlock('import', { timeout: 2_000 }), true)
await close()
