// B1: expiry, wait, retry interval and cancellation.
import assert from 'node:assert/strict'
import { LockContendedError } from '@quorumlock/core'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
await here.acquire('order:42')
await assert.rejects(
  there.acquire('order:42', { ttl: 10_000, wait: 100, retryInterval: 20 }),
  (error) => error instanceof LockContendedError,
)
const controller = new AbortController()
const waiting = there.acquire('order:42', { signal: controller.signal })
controller.abort(new Error('the user went away'))
await assert.rejects(waiting, /the user went away/)
await close()
