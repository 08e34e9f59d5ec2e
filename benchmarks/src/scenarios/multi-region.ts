import type { Row } from '../report/result.js'
import { nodeRedisClients } from '../contenders/connections.js'
import { median } from '../statistics.js'
import { Worker } from '../worker/crew.js'
import type { Scenario } from './scenario.js'

/** Round trips to the five nodes, milliseconds. */
const REGIONS = [1, 2, 30, 80, 140]

/** Nodes on three continents: the third-fastest reply completes a majority. */
export const multiRegion: Scenario = {
  id: 'multi-region',
  run: async (context) => {
    const { fleet, quick } = context
    // All nodes must know the fleet, or none: a node that joins late would be excluded for a while.
    const known = await Worker.start(context.field[0]!, fleet.urls)
    await known.perform(
      { kind: 'cycles', parallel: 1, duration: 200, most: 20, limit: 2_000, resources: 1 },
      2_000,
    )
    await known.close()
    const undo = await Promise.all(fleet.nodes.map((node, index) => node.latency(REGIONS[index]!)))
    try {
      const third = await thirdFastest(fleet.urls)
      const rows: Row[] = []
      for (const { name, kind, ...entry } of quick ? context.field.slice(0, 1) : context.field) {
        const worker = await Worker.start({ name, kind, ...entry }, fleet.urls)
        const task = {
          kind: 'cycles',
          parallel: 1,
          duration: quick ? 600 : 4_000,
          most: 40,
          limit: 10_000,
          resources: 1,
        } as const
        await worker.perform({ ...task, most: 3 }, task.limit)
        const { acquire, cycle } = await worker.perform(task, task.limit)
        worker.kill()
        const values = {
          acquire: acquire.median,
          ratio: acquire.median / third,
          p99: acquire.p99,
          cycle: cycle.median,
        }
        rows.push({ name, kind, values })
      }
      return {
        id: 'multi-region',
        title: 'Nodes in several regions',
        method: `Round trips of ${REGIONS.join(', ')} ms through a proxy; the third-fastest node replied to a PING in ${third.toFixed(1)} ms.`,
        columns: [
          { key: 'acquire', title: 'acquire, ms', digits: 1, better: 'less' },
          { key: 'ratio', title: '÷ third-fastest round trip', digits: 2, better: 'less' },
          { key: 'p99', title: 'acquire p99, ms', digits: 1, better: 'less' },
          { key: 'cycle', title: 'cycle, ms', digits: 1, better: 'less' },
        ],
        rows,
        drawn: 'acquire',
      }
    } finally {
      await Promise.all(undo.map((end) => end()))
    }
  },
}

async function thirdFastest(urls: readonly string[]): Promise<number> {
  const clients = await nodeRedisClients(urls)
  const times = await Promise.all(
    clients.map(async (client) => {
      const trips: number[] = []
      for (let trip = 0; trip < 10; trip++) {
        const from = performance.now()
        await client.ping()
        trips.push(performance.now() - from)
      }
      client.destroy()
      return median(trips)
    }),
  )
  return times.sort((a, b) => a - b)[2]!
}
