// README: "hand a lock to another process". The receiver keeps the lock regardless of how the giver's handle ends, and no
// third process acquires it in between.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getsIn, staysOut } from '../harness/another-process.mjs'
import { isFree, renewed, startNodes } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'
import { until } from '../harness/until.mjs'

const ttl = 10_000

const ends = {
  'releases it': async (giver) => {
    giver.sendLine('release')
    await giver.prints(/ended/)
  },
  'ends its using': async (giver) => {
    giver.sendLine('return')
    await giver.prints(/ended/)
  },
  'closes its client': async (giver) => {
    giver.sendLine('close')
    await giver.prints(/ended/)
  },
}

const renewing = { ...ends, 'is suspended for its TTL': suspend }
const notRenewing = {
  ...ends,
  'lets it expire': async (giver) => {
    giver.sendLine('expire')
    await giver.prints(/over/)
    await giver.prints(/ended/)
  },
}

async function suspend(giver, { expiresAt }) {
  giver.signal('SIGSTOP')
  await until('the lease of the giver to end', () => Date.now() > expiresAt)
  giver.signal('SIGCONT')
  giver.sendLine('return')
  await giver.prints(/ended/)
}

/** Starts a receiver that waits for a lock, and a giver that prints one. */
async function give(t, fleet, options, receiving = 'take.mjs') {
  const receiver = startProgram(t, receiving, fleet)
  await receiver.prints(/ready/)
  const giver = startProgram(t, 'give.mjs', fleet, JSON.stringify({ ttl, ...options }))
  const [json] = await giver.prints(/^\{.*\}$/)
  return { giver, receiver, json }
}

/** The receiver holds the lock and renews it. After its release, a third process can acquire it. */
async function assertKept(t, fleet, receiver) {
  await renewed(fleet.nodes, 'job')
  await staysOut(t, fleet, 'job')
  receiver.sendLine('on')
  assert.match(await receiver.succeeds(), /resumed\nreleased$/m)
  await getsIn(t, fleet, 'job')
}

describe('A lock that was handed over as JSON', { concurrency: 4 }, () => {
  for (const [autoExtend, ways] of [
    [true, renewing],
    [false, notRenewing],
  ]) {
    for (const [way, end] of Object.entries(ways)) {
      it(`a lock passed as JSON is kept by its receiver when the giver, with autoExtend: ${autoExtend}, ${way}`, async (t) => {
        const fleet = await startNodes(t, 3)
        const { giver, receiver, json } = await give(t, fleet, { autoExtend })
        receiver.sendLine(json)
        await receiver.prints(/resumed/)
        await end(giver, JSON.parse(json))
        await giver.succeeds()
        await assertKept(t, fleet, receiver)
      })
    }
  }

  it('a lock passed as JSON is kept by a receiver whose first resume was aborted', async (t) => {
    const fleet = await startNodes(t, 3)
    const { receiver, json } = await give(t, fleet, { autoExtend: false }, 'abort-resume.mjs')
    for (const node of fleet.nodes) await node.latency(400)
    receiver.sendLine(json)
    await receiver.prints(/rejected: too late/)
    const aborted = Date.now()
    await fleet.heal()
    receiver.sendLine('resume')
    await receiver.prints(/^resumed/)
    await until('the aborted lease to end', () => Date.now() > aborted + ttl)
    await assertKept(t, fleet, receiver)
  })

  it('a lock passed as JSON is free after its TTL if the only resume was aborted', async (t) => {
    const fleet = await startNodes(t, 3)
    const { giver, receiver, json } = await give(t, fleet, { autoExtend: false }, 'abort-resume.mjs')
    for (const node of fleet.nodes) await node.latency(400)
    receiver.sendLine(json)
    await receiver.prints(/rejected: too late/)
    giver.sendLine('return')
    await isFree(fleet, 'job')
  })

  it('resume() accepts a lock as a string, and rejects a malformed one without showing its value', async (t) => {
    const fleet = await startNodes(t, 3)
    const output = await startProgram(t, 'resume-string.mjs', fleet).succeeds()
    assert.match(output, /^released$/m)
    assert.doesNotMatch(output, /my-secret/)
  })
})
