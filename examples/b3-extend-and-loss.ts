// B3: manual extension, and being told when the lock was lost.
import assert from 'node:assert/strict'
import { LockLostError } from '@quorumlock/core'
import { close, open } from './open.js'

const redlock = open()
const lock = await redlock.acquire('order:42', { ttl: 5_000, autoExtend: false })
await lock.extend(60_000)
assert.ok(lock.remaining() > 50_000)

await redlock.forceRelease('order:42')
assert.ok(lock.signal.aborted, 'whatever listens to the signal has stopped')
await assert.rejects(lock.extend(), (error) => error instanceof LockLostError)
await close()
