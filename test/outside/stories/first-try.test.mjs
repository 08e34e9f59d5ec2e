// The first try of a new process counts every healthy node. It fails neither because one node restarted empty and is in
// quarantine, nor because of a leftover key on one node.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFree, keyOf, startNodes } from '../harness/nodes.mjs'
import { startCommand, startProgram } from '../harness/program.mjs'
import { quarantine, startService } from '../harness/service.mjs'

const runs = 3

/** Each resolves when a new process has acquired the lock with its only try. */
const tries = {
  'tryAcquire over connect()': (t, fleet, resource) => acquires(t, fleet, 'connect', resource),
  'tryAcquire over node-redis clients': (t, fleet, resource) => acquires(t, fleet, 'node-redis', resource),
  'tryAcquire over ioredis clients': (t, fleet, resource) => acquires(t, fleet, 'ioredis', resource),
  'acquire with wait: 0': (t, fleet, resource) => acquires(t, fleet, 'connect', resource, 'wait: 0'),
  'exec --try': async (t, fleet, resource) => {
    const output = await startCommand(
      t,
      fleet,
      'exec',
      '--try',
      resource,
      '--',
      'echo',
      'acquired',
    ).succeeds()
    assert.match(output, /^acquired$/m)
  },
}

async function acquires(t, fleet, ...args) {
  const output = await startProgram(t, 'try.mjs', fleet, ...args).succeeds()
  assert.match(output, /^acquired$/m)
}

/** On five nodes, one client library is enough. */
const onFiveToo = ['tryAcquire over connect()', 'exec --try']

describe('The first try of a new process', { concurrency: 2 }, () => {
  for (const [title, once] of Object.entries(tries)) {
    for (const nodes of onFiveToo.includes(title) ? [3, 5] : [3]) {
      it(`${title} succeeds on the first try while one of ${nodes} nodes is in quarantine, ${runs} of ${runs} times`, async (t) => {
        const fleet = await startNodes(t, nodes)
        await quarantine(t, fleet)
        for (let run = 1; run <= runs; run++) await once(t, fleet, `report:${run}`)
      })
    }

    it(`${title} succeeds on the first try with a leftover key on any one of four nodes`, async (t) => {
      const fleet = await startNodes(t, 4)
      await startService(t, fleet)
      for (const [index, node] of fleet.nodes.entries()) {
        const resource = `report:${index}`
        await node.command('SET', keyOf(resource), 'left by a process that died', 'PX', '600000')
        await once(t, fleet, resource)
      }
    })
  }

  it('a cron line started in two containers one after another runs its command in both', async (t) => {
    const fleet = await startNodes(t, 3)
    await quarantine(t, fleet)
    const line = ['exec', '--try', '--ttl', '60s', 'nightly-report', '--', 'sh', '-c', 'echo runs; read line']
    const first = startCommand(t, fleet, ...line)
    await first.prints(/runs/)
    assert.equal(await startCommand(t, fleet, ...line).exitCode(), 75)
    first.sendLine('on')
    await first.succeeds()
    const next = startCommand(t, fleet, ...line)
    await next.prints(/runs/)
    next.sendLine('on')
    await next.succeeds()
    await isFree(fleet, 'nightly-report')
  })
})
