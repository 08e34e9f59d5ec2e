// E1: a majority of independent nodes decides; each lock says which of them granted it and for how long it is valid.
import assert from 'node:assert/strict'
import { close, nodes, open } from './open.js'

const redlock = open({ driftFactor: 0.01 })
assert.equal(redlock.quorum, Math.floor(nodes.length / 2) + 1)
const lock = await redlock.acquire('order:42', { ttl: 10_000, fencing: true })
assert.ok(lock.remaining() < 10_000 - 100, 'the TTL less the time it took and the drift')
assert.ok(lock.token !== undefined && lock.token > 0n)
assert.equal(await lock.release(), 'released')
await close()
