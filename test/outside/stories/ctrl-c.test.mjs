// Ctrl-C in the middle of the work frees the lock immediately, not after its TTL.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getsIn } from '../harness/another-process.mjs'
import { isFree, startNodes, waiting } from '../harness/nodes.mjs'
import { startCommand, startInTerminal, startProgram } from '../harness/program.mjs'

/** The next process does not wait for the TTL of the stopped one. */
async function nextGetsIn(t, fleet, resource) {
  await isFree(fleet, resource)
  await getsIn(t, fleet, resource)
}

describe('Ctrl-C', { concurrency: 2 }, () => {
  for (const kind of ['connect', 'node-redis', 'ioredis']) {
    it(`Ctrl-C inside using, over ${kind}, frees the lock and lets the program end on its own`, async (t) => {
      const fleet = await startNodes(t, 3)
      const program = startProgram(t, 'shut-down.mjs', fleet, kind)
      await program.prints(/inside/)
      program.signal('SIGINT')
      assert.equal(await program.exitCode(), 130, program.shown)
      assert.match(program.stdout, /^stopped by AbortError: .*order:42/m)
      assert.equal(program.stderr, '')
      await nextGetsIn(t, fleet, 'order:42')
    })
  }

  it('Ctrl-C during exec ends the command, frees the lock, and exits with 130 without a message', async (t) => {
    const fleet = await startNodes(t, 3)
    const program = startCommand(t, fleet, 'exec', 'job', '--', 'sh', '-c', 'echo inside; exec sleep 600')
    await program.prints(/inside/)
    program.signal('SIGINT')
    assert.equal(await program.exitCode(), 130, program.shown)
    assert.equal(program.stderr, '')
    await nextGetsIn(t, fleet, 'job')
  })

  it('Ctrl-C in a terminal lets the command of exec clean up, and frees the lock afterwards', async (t) => {
    const fleet = await startNodes(t, 3)
    const command = ['sh', '-c', 'trap "echo tidied; exit 7" INT; echo inside; while :; do sleep 0.1; done']
    const program = startInTerminal(t, fleet, 'exec', 'job', '--', ...command)
    await program.prints(/inside/)
    program.press('\x03')
    await program.prints(/tidied/)
    assert.equal(await program.exitCode(), 7, program.shown)
    await nextGetsIn(t, fleet, 'job')
  })

  it('Ctrl-C while exec waits ends the wait with exit code 130, and the holder keeps its lock', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.prints(/held/)
    const next = startCommand(t, fleet, 'exec', '--wait', 'forever', 'job', '--', 'echo', 'ran')
    await waiting(t, fleet, 'job')
    next.signal('SIGINT')
    assert.equal(await next.exitCode(), 130, next.shown)
    assert.equal(next.stdout, '')
    holder.sendLine('on')
    assert.match(await holder.succeeds(), /^released$/m)
    await nextGetsIn(t, fleet, 'job')
  })
})
