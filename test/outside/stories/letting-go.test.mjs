// A released lock is free immediately, and a handle releases only its own lock.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getsIn, staysOut } from '../harness/another-process.mjs'
import { keyOf, nodesWith, startNodes } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'

describe('Letting a lock go', { concurrency: 2 }, () => {
  it('getLock().release() after a failed acquire does not release the lock of another part of the process', async (t) => {
    const fleet = await startNodes(t, 3)
    const program = startProgram(t, 'named-lock.mjs', fleet)
    await program.prints(/CONTENDED|UNAVAILABLE/)
    await program.prints(/^second: /)
    await staysOut(t, fleet, 'printer')
    program.sendLine('on')
    assert.match(await program.succeeds(), /^first: released$/m)
    await getsIn(t, fleet, 'printer')
  })

  for (const kind of ['connect', 'node-redis', 'ioredis']) {
    it(`a release and close() right after it, over ${kind}, leave no key on any of five nodes`, async (t) => {
      const fleet = await startNodes(t, 5)
      for (let run = 1; run <= 3; run++) {
        await startProgram(t, 'close-at-once.mjs', fleet, kind).succeeds()
        for (const number of [1, 2, 3]) {
          const left = await nodesWith(fleet, keyOf(`order:${number}`))
          assert.deepEqual(
            left.map(({ name }) => name),
            [],
          )
        }
      }
    })
  }
})
