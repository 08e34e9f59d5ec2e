// B7: work that must not be done twice: kept as done after success, free again after failure.
import assert from 'node:assert/strict'
import { once } from '@quorumlock/core/recipes'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
const charge = (): string => 'charged'
await assert.rejects(once(here, 'payment:1', () => Promise.reject(new Error('declined'))))
assert.deepEqual(await once(here, 'payment:1', charge, { retention: 60_000 }), {
  status: 'ran',
  value: 'charged',
  kept: true,
})
assert.deepEqual(await once(there, 'payment:1', charge), { status: 'done' })
await close()
