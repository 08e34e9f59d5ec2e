// Those who wait for a lock: they get it in turn, and those who died cost the others nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startNodes, waiting } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'

/** Far more than some round trips take, and less than the two seconds for which a place outlives its process, ms. */
const atOnce = 1_500

/** How long a live waiter behind five killed ones waits from the release on, milliseconds. */
async function servedAfter(t, fleet, resource) {
  const holder = startProgram(t, 'release-when-told.mjs', fleet, resource)
  await holder.says(/held/)
  const killed = startProgram(t, 'wait-often.mjs', fleet, resource, '5')
  await waiting(t, fleet, resource, 5)
  const live = startProgram(t, 'wait-often.mjs', fleet, resource, '1')
  await waiting(t, fleet, resource, 6)
  killed.signal('SIGKILL')
  await killed.ended
  holder.tell('on')
  const [, released] = await holder.says(/released at (\d+)/)
  const [, held] = await live.says(/held at (\d+)/)
  await live.succeeds()
  return held - released
}

describe('Waiting for a lock', { concurrency: 2 }, () => {
  it('takes no longer because a process with five waiters ahead was killed', async (t) => {
    const fleet = await startNodes(t, 3)
    const delays = []
    for (const resource of ['a', 'b', 'c']) delays.push(await servedAfter(t, fleet, resource))
    // The quickest, since a busy machine may delay one or the other.
    assert.ok(Math.min(...delays) < atOnce, `Expected one of ${delays} ms to be below ${atOnce} ms`)
  })

  it('fifty times on one signal prints no warning', async (t) => {
    const fleet = await startNodes(t, 3)
    const program = startProgram(t, 'one-signal.mjs', fleet)
    assert.equal(await program.succeeds(), '50\nreleased\n')
    assert.equal(program.stderr, '')
  })
})
