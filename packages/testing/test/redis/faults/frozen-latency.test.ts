import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { openBench } from '../../support/bench.js'
import { startStopwatch } from '../../support/stopwatch.js'

test('once two frozen nodes are known to be silent, taking a lock takes no longer than with all five', async () => {
  const fleet = await startFleet()
  const bench = await openBench(fleet.urls, { ttl: 5_000, nodeTimeout: 100 })
  try {
    const measure = async (rounds: number): Promise<number[]> => {
      const times: number[] = []
      for (let round = 0; round < rounds; round++) {
        const elapsed = startStopwatch()
        const lock = await bench.redlock.acquire('orders')
        times.push(elapsed())
        await lock.release()
      }
      return times.sort((a, b) => a - b)
    }
    await measure(300)
    const healthy = await measure(400)
    await Promise.all(fleet.nodes.slice(0, 2).map((node) => node.pause()))
    const frozen = await measure(400)
    const at = (times: readonly number[], share: number): number => times[Math.floor(times.length * share)]!
    console.log(
      `median ${at(healthy, 0.5).toFixed(2)} → ${at(frozen, 0.5).toFixed(2)} ms, ` +
        `p99 ${at(healthy, 0.99).toFixed(2)} → ${at(frozen, 0.99).toFixed(2)} ms, longest ${frozen.at(-1)!.toFixed(1)} ms`,
    )
    expect(at(frozen, 0.5)).toBeLessThan(1.5 * at(healthy, 0.5))
    // What the tail consists of, where the nodes are well, is a matter of the machine.
    expect(at(frozen, 0.99)).toBeLessThan(Math.max(1.5 * at(healthy, 0.99), 50))
  } finally {
    await bench[Symbol.asyncDispose]()
    await fleet.dispose()
  }
})
