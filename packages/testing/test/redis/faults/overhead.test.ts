import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { startStopwatch } from '../../support/stopwatch.js'
import { Wire } from '../../support/wire.js'

test('the proxy adds at most 50 µs to the median round trip', async () => {
  const fleet = await startFleet({ nodes: 1 })
  try {
    const node = fleet.nodes[0]!
    const [direct, proxied] = [await Wire.open(node.directPort), await Wire.open(node.port)]
    const times = { direct: [] as number[], proxied: [] as number[] }
    // In turns, so that both run under the same load.
    for (let round = 0; round < 4_000; round++) {
      times.direct.push(await roundTrip(direct))
      times.proxied.push(await roundTrip(proxied))
    }
    direct.close()
    proxied.close()
    const added = median(times.proxied) - median(times.direct)
    console.log(`direct ${median(times.direct).toFixed(1)} µs, added by the proxy ${added.toFixed(1)} µs`)
    // If both cores are busy with other work, only the order of magnitude can be shown.
    expect(added).toBeLessThan(median(times.direct) > 100 ? 500 : 50)
  } finally {
    await fleet.dispose()
  }
})

async function roundTrip(wire: Wire): Promise<number> {
  const elapsed = startStopwatch()
  await wire.send('SET', 'key', 'value', 'PX', '1000')
  return elapsed() * 1_000
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
