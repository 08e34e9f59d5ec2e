// B10: the defaults of a client, and how a wrong one is told.
import assert from 'node:assert/strict'
import pino from 'pino'
import { close, open } from './open.js'

const redlock = open({
  ttl: 10_000,
  wait: 5_000,
  retryInterval: 50,
  autoExtend: true,
  keyPrefix: 'shop:lock:',
  deadlockDetection: { warnAfter: 60_000 },
  logger: pino({ level: 'warn' }),
})
assert.equal(await redlock.using('order:42', () => 'done'), 'done')
assert.throws(() => open({ ttl: 0 }), /Expected `ttl` to be a whole number of milliseconds/)
await close()
