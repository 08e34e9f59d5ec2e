// Waiters get a lock in turn, and dead waiters do not delay the others.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startNodes, waiting } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'

/** Far more than a few round trips, and less than the two seconds for which a place outlives its process, milliseconds. */
const atOnce = 1_500

/** How long a live waiter behind five killed ones waits after the release, milliseconds. */
async function servedAfter(t, fleet, resource) {
  const holder = startProgram(t, 'release-on-input.mjs', fleet, resource)
  await holder.prints(/held/)
  const killed = startProgram(t, 'wait-often.mjs', fleet, resource, '5')
  await waiting(t, fleet, resource, 5)
  const live = startProgram(t, 'wait-often.mjs', fleet, resource, '1')
  await waiting(t, fleet, resource, 6)
  killed.signal('SIGKILL')
  await killed.ended
  holder.sendLine('on')
  const [, released] = await holder.prints(/released at (\d+)/)
  const [, held] = await live.prints(/held at (\d+)/)
  await live.succeeds()
  return held - released
}

describe('Waiting for a lock', { concurrency: 2 }, () => {
  it('a waiter is not delayed by a killed process with five waiters ahead', async (t) => {
    const fleet = await startNodes(t, 3)
    const delays = []
    for (const resource of ['a', 'b', 'c']) delays.push(await servedAfter(t, fleet, resource))
    // The fastest, because a busy machine may delay some of them.
    assert.ok(Math.min(...delays) < atOnce, `Expected one of ${delays} ms to be below ${atOnce} ms`)
  })

  it('fifty waits with one signal print no warning', async (t) => {
    const fleet = await startNodes(t, 3)
    const program = startProgram(t, 'one-signal.mjs', fleet)
    assert.equal(await program.succeeds(), '50\nreleased\n')
    assert.equal(program.stderr, '')
  })
})
