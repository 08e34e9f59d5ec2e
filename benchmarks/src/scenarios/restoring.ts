import { connect } from '@quorumlock/clients'
import type { Redlock } from '@quorumlock/core'
import type { Row } from '../report/result.js'
import { quantile } from '../statistics.js'
import type { Context } from './context.js'
import type { Scenario } from './scenario.js'

const DAY = 86_400_000
/** Acquired in portions, so that acquiring them does not become a load test. */
const PORTION = 200
const PATIENCE = 60_000

/** Nodes come back empty, beside many held locks and marks of a day. Only quorumlock gives them back what they forgot. */
export const restoring: Scenario = {
  id: 'restoring',
  run: async (context) => {
    const locks = context.quick ? 300 : 10_000
    const redlock = await connect([...context.urls])
    try {
      const held = await acquireMany(redlock, 'held', locks, {})
      for (const mark of await acquireMany(redlock, 'mark', locks, { ttl: DAY, autoExtend: false }))
        mark.detach()
      const usual = await cycles(redlock, pauseFor(context.quick ? 500 : 5_000))
      context.log('  one node')
      const one = await cycles(redlock, emptied(context, redlock, [0]))
      context.log('  one after the other')
      const all = await cycles(redlock, emptied(context, redlock, [0, 1, 2, 3, 4]))
      const lost = held.filter((lock) => !lock.held).length
      return {
        id: 'restoring',
        title: 'Nodes that come back empty',
        method: `${locks.toLocaleString('en')} locks are held, with a TTL of 30 s, beside ${locks.toLocaleString('en')} marks of a day, while the same client acquires and releases others one after another. A node is killed and started again without data; it is back when it votes. One after the other: each when the one before is back.`,
        columns: [
          { key: 'back', title: 'until all vote again, s', digits: 1, better: 'less' },
          { key: 'median', title: 'acquire, median, ms', digits: 2 },
          { key: 'p99', title: 'acquire, p99, ms', digits: 2 },
          { key: 'ratio', title: 'p99 ÷ usual', digits: 2, better: 'less' },
          { key: 'failed', title: 'acquires that failed', digits: 0 },
          { key: 'lost', title: 'held locks lost', digits: 0 },
        ],
        rows: [
          rowOf('as usual', usual, usual),
          rowOf('one node', one, usual),
          rowOf('all five, one after the other', all, usual, lost),
        ],
      }
    } finally {
      await redlock.close()
      await Promise.all(context.fleet.nodes.map((node) => node.flush()))
    }
  },
}

interface Measurement {
  readonly elapsed: number
  readonly latencies: readonly number[]
  readonly failed: number
}

/** One after another for as long as something else goes on. */
async function cycles(redlock: Redlock, meanwhile: Promise<void>): Promise<Measurement> {
  const began = performance.now()
  const latencies: number[] = []
  let failed = 0
  let isOver = false
  const over = meanwhile.finally(() => {
    isOver = true
  })
  for (let count = 0; !isOver; count++) {
    const start = performance.now()
    try {
      const lock = await redlock.acquire(`work:${count}`)
      latencies.push(performance.now() - start)
      await lock.release()
    } catch {
      failed++
    }
  }
  await over
  return { elapsed: performance.now() - began, latencies, failed }
}

async function emptied(context: Context, redlock: Redlock, indexes: readonly number[]): Promise<void> {
  for (const index of indexes) {
    await context.fleet.nodes[index]!.restart({ wipe: true })
    const deadline = performance.now() + PATIENCE
    while (redlock.health().some(({ state }) => state !== 'up')) {
      if (performance.now() > deadline) throw new Error(`a node was not back within ${PATIENCE} ms`)
      await pauseFor(10)
    }
  }
}

async function acquireMany(
  redlock: Redlock,
  name: string,
  count: number,
  options: { ttl?: number; autoExtend?: boolean },
) {
  const held: Awaited<ReturnType<Redlock['acquire']>>[] = []
  while (held.length < count) {
    const names = Array.from(
      { length: Math.min(PORTION, count - held.length) },
      (_, index) => `${name}:${held.length + index}`,
    )
    held.push(...(await Promise.all(names.map((one) => redlock.acquire(one, options)))))
  }
  return held
}

function rowOf(name: string, { elapsed, latencies, failed }: Measurement, usual: Measurement, lost = 0): Row {
  const p99 = quantile(latencies, 0.99)
  return {
    name,
    kind: 'ours',
    values: {
      ...(latencies === usual.latencies ? {} : { back: elapsed / 1_000 }),
      median: quantile(latencies, 0.5),
      p99,
      ratio: p99 / quantile(usual.latencies, 0.99),
      failed,
      lost,
    },
  }
}

function pauseFor(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay))
}
