// C1: run a function under a lock, know whether it ran, and have its value.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
const outcome = await here.tryUsing('order:42', async () => {
  assert.deepEqual(await there.tryUsing('order:42', () => 'not reached'), { acquired: false })
  return 'shipped'
})
assert.deepEqual(outcome, { acquired: true, value: 'shipped' })
await close()
