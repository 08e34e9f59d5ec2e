// The first lock of a new process is as good as any later one: it is stored on every healthy node, so it survives the
// loss of one.
import { describe, it } from 'node:test'
import { getsIn } from '../harness/another-process.mjs'
import { keyOf, nodesWith, renewed, standsOnAll, startNodes } from '../harness/nodes.mjs'
import { startCommand, startProgram } from '../harness/program.mjs'

const runs = 4

/** Programs that hold a lock and print `held`. After a line of input, they release it and end. */
const ways = {
  'connect()': (t, fleet, resource) => startProgram(t, 'hold.mjs', fleet, 'connect', resource),
  'its own node-redis clients': (t, fleet, resource) =>
    startProgram(t, 'hold.mjs', fleet, 'node-redis', resource),
  'its own ioredis clients': (t, fleet, resource) => startProgram(t, 'hold.mjs', fleet, 'ioredis', resource),
  'the command': (t, fleet, resource) =>
    startCommand(t, fleet, 'exec', resource, '--', 'sh', '-c', 'echo held; read line'),
}

describe('The first lock of a new process', { concurrency: 4 }, () => {
  for (const [way, hold] of Object.entries(ways)) {
    it(`the first lock over ${way} is on all of five nodes, in each of ${runs} processes`, async (t) => {
      const fleet = await startNodes(t, 5)
      for (let run = 1; run <= runs; run++) {
        const holder = hold(t, fleet, `order:${run}`)
        await holder.prints(/held/)
        await standsOnAll(fleet, `order:${run}`)
        holder.sendLine('on')
        await holder.succeeds()
      }
    })

    it(`the first lock over ${way} is renewed on four nodes when the fifth dies right after it`, async (t) => {
      const fleet = await startNodes(t, 5)
      // The very first process of a fleet takes a different path than all later ones.
      await getsIn(t, fleet, 'order:42')
      const holder = hold(t, fleet, 'order:42')
      await holder.prints(/held/)
      const [first] = await nodesWith(fleet, keyOf('order:42'))
      await first.kill()
      const others = fleet.nodes.filter((node) => node !== first)
      await renewed(others, 'order:42')
      holder.sendLine('on')
      await holder.succeeds()
    })
  }
})
