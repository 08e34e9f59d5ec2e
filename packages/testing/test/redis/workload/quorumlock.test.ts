import { expect, jest, test } from '@jest/globals'
import { runWorkload, startFleet } from '@quorumlock/testing'

jest.setTimeout(60_000)

const quorumlock = new URL('../../../src/workload/adapters/quorumlock.ts', import.meta.url).href

test.each([
  ['a minority of the nodes', 'minority', 1],
  ['any number of nodes, freezes, partitions and the ring,', 'anything', 2],
] as const)('our locks stand a nemesis that hits %s', async (_whom, mode, seed) => {
  const fleet = await startFleet()
  try {
    const result = await runWorkload({
      fleet,
      adapter: quorumlock,
      lasting: 5_000,
      ttl: 1_000,
      seed,
      nemesis: {
        mode,
        // Data that a majority loses at one moment no lock service survives; see docs.
        ...(mode === 'anything' && {
          faults: ['freeze', 'partition', 'blackhole', 'lost replies', 'reset', 'oom'],
        }),
      },
    })
    expect(result.verdicts.filter(({ outcome }) => outcome === 'violated')).toEqual([])
    expect(result.incidents.length).toBeGreaterThan(1)
    expect(result.verdicts[0]!.checked).toBeGreaterThan(100)
  } finally {
    await fleet.dispose()
  }
})
