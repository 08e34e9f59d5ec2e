import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { until } from '../../../src/fleet/until.js'
import { openBench, type Bench } from '../../support/bench.js'
import { startStopwatch } from '../../support/stopwatch.js'

/** So long that it would be noticed on any machine if one acquire in a hundred waited for it. */
const NODE_TIMEOUT = 3_000
const ROUNDS = 400

// The benchmarks measure how much slower it is ("frozen-2").
test.each(['all', 'soon'] as const)(
  'with spread: %s two frozen nodes make no acquire wait for their deadline, before and after they are suspect',
  async (spread) => {
    const fleet = await startFleet()
    const bench = await openBench(fleet.urls, { ttl: 30_000, nodeTimeout: NODE_TIMEOUT, spread })
    try {
      const cycles = async (): Promise<number> => {
        const elapsed = startStopwatch()
        for (let round = 0; round < ROUNDS; round++) await (await bench.redlock.acquire('orders')).release()
        return elapsed()
      }
      await cycles()
      await Promise.all(fleet.nodes.slice(0, 2).map((node) => node.pause()))
      const unaware = await cycles()
      if (spread === 'all') await expectSuspects(bench, 2)
      const aware = await cycles()
      expect(unaware + aware).toBeLessThan((2 * ROUNDS * NODE_TIMEOUT) / 100)
    } finally {
      await bench[Symbol.asyncDispose]()
      await fleet.dispose()
    }
  },
)

async function expectSuspects({ redlock }: Bench, count: number): Promise<void> {
  await until(async () => {
    expect(redlock.health().filter(({ state }) => state === 'suspect')).toHaveLength(count)
  }, 2 * NODE_TIMEOUT)
}
