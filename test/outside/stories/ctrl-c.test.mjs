// A reader presses Ctrl-C in the middle of the work: the lock is free at once, not after its TTL.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getsIn } from '../harness/another-process.mjs'
import { isFree, startNodes, waiting } from '../harness/nodes.mjs'
import { startCommand, startInTerminal, startProgram } from '../harness/program.mjs'

/** Another process need not wait for the TTL of the one that was stopped. */
async function nextGetsIn(t, fleet, resource) {
  await isFree(fleet, resource)
  await getsIn(t, fleet, resource)
}

describe('Ctrl-C', { concurrency: 2 }, () => {
  for (const kind of ['connect', 'node-redis', 'ioredis']) {
    it(`in the middle of using, over ${kind}, frees the lock and ends the program by itself`, async (t) => {
      const fleet = await startNodes(t, 3)
      const program = startProgram(t, 'shut-down.mjs', fleet, kind)
      await program.says(/inside/)
      program.signal('SIGINT')
      assert.equal(await program.exitCode(), 130, program.shown)
      assert.match(program.stdout, /^stopped by AbortError: .*order:42/m)
      assert.equal(program.stderr, '')
      await nextGetsIn(t, fleet, 'order:42')
    })
  }

  it('in the middle of exec ends the command, then frees the lock, with exit code 130 and no word', async (t) => {
    const fleet = await startNodes(t, 3)
    const program = startCommand(t, fleet, 'exec', 'job', '--', 'sh', '-c', 'echo inside; exec sleep 600')
    await program.says(/inside/)
    program.signal('SIGINT')
    assert.equal(await program.exitCode(), 130, program.shown)
    assert.equal(program.stderr, '')
    await nextGetsIn(t, fleet, 'job')
  })

  it('in a terminal lets the command of exec end in its own way, and frees the lock after it', async (t) => {
    const fleet = await startNodes(t, 3)
    const command = ['sh', '-c', 'trap "echo tidied; exit 7" INT; echo inside; while :; do sleep 0.1; done']
    const program = startInTerminal(t, fleet, 'exec', 'job', '--', ...command)
    await program.says(/inside/)
    program.press('\x03')
    await program.says(/tidied/)
    assert.equal(await program.exitCode(), 7, program.shown)
    await nextGetsIn(t, fleet, 'job')
  })

  it('while exec waits for its turn ends the waiting with exit code 130, and the holder keeps its lock', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.says(/held/)
    const next = startCommand(t, fleet, 'exec', '--wait', 'forever', 'job', '--', 'echo', 'ran')
    await waiting(t, fleet, 'job')
    next.signal('SIGINT')
    assert.equal(await next.exitCode(), 130, next.shown)
    assert.equal(next.stdout, '')
    holder.tell('on')
    assert.match(await holder.succeeds(), /^released$/m)
    await nextGetsIn(t, fleet, 'job')
  })
})
