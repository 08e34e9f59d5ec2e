// README: "hand a lock to another process". The receiver keeps it however the giver's own handle ends, and no third
// process gets in meanwhile.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getsIn, staysOut } from '../harness/another-process.mjs'
import { isFree, renewed, startNodes } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'
import { until } from '../harness/until.mjs'

const ttl = 10_000

const ends = {
  'releases it': async (giver) => {
    giver.tell('release')
    await giver.says(/ended/)
  },
  'ends its using': async (giver) => {
    giver.tell('return')
    await giver.says(/ended/)
  },
  'closes its client': async (giver) => {
    giver.tell('close')
    await giver.says(/ended/)
  },
}

const renewing = { ...ends, 'stands still for its TTL': standStill }
const notRenewing = {
  ...ends,
  'lets it expire': async (giver) => {
    giver.tell('expire')
    await giver.says(/over/)
    await giver.says(/ended/)
  },
}

async function standStill(giver, { expiresAt }) {
  giver.signal('SIGSTOP')
  await until('the time of the giver to be over', () => Date.now() > expiresAt)
  giver.signal('SIGCONT')
  giver.tell('return')
  await giver.says(/ended/)
}

/** A receiver that waits for the lock, and the lock of a giver. */
async function give(t, fleet, options, receiving = 'take.mjs') {
  const receiver = startProgram(t, receiving, fleet)
  await receiver.says(/ready/)
  const giver = startProgram(t, 'give.mjs', fleet, JSON.stringify({ ttl, ...options }))
  const [json] = await giver.says(/^\{.*\}$/)
  return { giver, receiver, json }
}

/** The receiver holds it and renews it; when it releases, the third gets in. */
async function assertKept(t, fleet, receiver) {
  await renewed(fleet.nodes, 'job')
  await staysOut(t, fleet, 'job')
  receiver.tell('on')
  assert.match(await receiver.succeeds(), /resumed\nreleased$/m)
  await getsIn(t, fleet, 'job')
}

describe('A lock that was handed over as JSON', { concurrency: 4 }, () => {
  for (const [autoExtend, ways] of [
    [true, renewing],
    [false, notRenewing],
  ]) {
    for (const [way, end] of Object.entries(ways)) {
      it(`is kept by its receiver when the giver, with autoExtend: ${autoExtend}, ${way}`, async (t) => {
        const fleet = await startNodes(t, 3)
        const { giver, receiver, json } = await give(t, fleet, { autoExtend })
        receiver.tell(json)
        await receiver.says(/resumed/)
        await end(giver, JSON.parse(json))
        await giver.succeeds()
        await assertKept(t, fleet, receiver)
      })
    }
  }

  it('is kept by a receiver whose first resume was aborted', async (t) => {
    const fleet = await startNodes(t, 3)
    const { receiver, json } = await give(t, fleet, { autoExtend: false }, 'abort-resume.mjs')
    for (const node of fleet.nodes) await node.latency(400)
    receiver.tell(json)
    await receiver.says(/rejected: too late/)
    const aborted = Date.now()
    await fleet.heal()
    receiver.tell('resume')
    await receiver.says(/^resumed/)
    await until('the aborted lease to be over', () => Date.now() > aborted + ttl)
    await assertKept(t, fleet, receiver)
  })

  it('is free after its TTL when the first resume of its receiver was aborted and there is no second', async (t) => {
    const fleet = await startNodes(t, 3)
    const { giver, receiver, json } = await give(t, fleet, { autoExtend: false }, 'abort-resume.mjs')
    for (const node of fleet.nodes) await node.latency(400)
    receiver.tell(json)
    await receiver.says(/rejected: too late/)
    giver.tell('return')
    await isFree(fleet, 'job')
  })

  it('may come as a string, and a string that is none is refused without a word of its value', async (t) => {
    const fleet = await startNodes(t, 3)
    const said = await startProgram(t, 'resume-string.mjs', fleet).succeeds()
    assert.match(said, /^released$/m)
    assert.doesNotMatch(said, /my-secret/)
  })
})
