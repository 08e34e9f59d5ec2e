// D1: a provider that hands out named locks, with options of their own.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const orders = open().getLock('orders', { ttl: 5_000, wait: 1_000 })
assert.equal(await orders.using(() => 'done'), 'done')
const lock = await orders.acquire()
assert.equal(await orders.tryAcquire(), null)
await lock.release()
await close()
