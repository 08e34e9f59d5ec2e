// The first try of a new process counts every healthy node: it neither fails because one node came back empty and is
// kept out, nor is it refused because of a key that was left behind on one node.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFree, keyOf, startNodes } from '../harness/nodes.mjs'
import { startCommand, startProgram } from '../harness/program.mjs'
import { quarantine, startService } from '../harness/service.mjs'

const runs = 3

/** Each resolves when a new process got the lock with its only try. */
const tries = {
  'tryAcquire over connect()': (t, fleet, resource) => acquires(t, fleet, 'connect', resource),
  'tryAcquire over node-redis clients': (t, fleet, resource) => acquires(t, fleet, 'node-redis', resource),
  'tryAcquire over ioredis clients': (t, fleet, resource) => acquires(t, fleet, 'ioredis', resource),
  'acquire with wait: 0': (t, fleet, resource) => acquires(t, fleet, 'connect', resource, 'wait: 0'),
  'exec --try': async (t, fleet, resource) => {
    const said = await startCommand(t, fleet, 'exec', '--try', resource, '--', 'echo', 'acquired').succeeds()
    assert.match(said, /^acquired$/m)
  },
}

async function acquires(t, fleet, ...args) {
  const said = await startProgram(t, 'try.mjs', fleet, ...args).succeeds()
  assert.match(said, /^acquired$/m)
}

/** Of two processes that differ in nothing but their client, one is enough on five nodes. */
const onFiveToo = ['tryAcquire over connect()', 'exec --try']

describe('The first try of a new process', { concurrency: 2 }, () => {
  for (const [title, once] of Object.entries(tries)) {
    for (const nodes of onFiveToo.includes(title) ? [3, 5] : [3]) {
      it(`${title} succeeds while one of ${nodes} nodes is in quarantine, ${runs} times of ${runs}`, async (t) => {
        const fleet = await startNodes(t, nodes)
        await quarantine(t, fleet)
        for (let run = 1; run <= runs; run++) await once(t, fleet, `report:${run}`)
      })
    }

    it(`${title} succeeds when a key is left over on any one of four nodes`, async (t) => {
      const fleet = await startNodes(t, 4)
      await startService(t, fleet)
      for (const [index, node] of fleet.nodes.entries()) {
        const resource = `report:${index}`
        await node.command('SET', keyOf(resource), 'left by a process that died', 'PX', '600000')
        await once(t, fleet, resource)
      }
    })
  }

  it('a cron line runs its command once in each of two containers that start it one after another', async (t) => {
    const fleet = await startNodes(t, 3)
    await quarantine(t, fleet)
    const line = ['exec', '--try', '--ttl', '60s', 'nightly-report', '--', 'sh', '-c', 'echo runs; read line']
    const first = startCommand(t, fleet, ...line)
    await first.says(/runs/)
    assert.equal(await startCommand(t, fleet, ...line).exitCode(), 75)
    first.tell('on')
    await first.succeeds()
    const next = startCommand(t, fleet, ...line)
    await next.says(/runs/)
    next.tell('on')
    await next.succeeds()
    await isFree(fleet, 'nightly-report')
  })
})
