import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  faults,
  runWorkload,
  startFleet,
  type FaultName,
  type Fleet,
  type Incident,
  type NemesisOptions,
} from '@quorumlock/testing'

const quorumlock = new URL('../../../src/workload/adapters/quorumlock.ts', import.meta.url).href

let fleet: Fleet
beforeEach(async () => {
  fleet = await startFleet()
})
afterEach(() => fleet.dispose())

async function stand(
  nemesis: Pick<NemesisOptions, 'mode' | 'faults'>,
  seed: number,
  lasting: number,
): Promise<readonly Incident[]> {
  const result = await runWorkload({ fleet, adapter: quorumlock, lasting, ttl: 1_000, seed, nemesis })
  expect(result.verdicts.filter(({ outcome }) => outcome === 'violated')).toEqual([])
  expect(result.verdicts[0]!.checked).toBeGreaterThan(100)
  return result.incidents
}
const mostHit = (incidents: readonly Incident[]): number =>
  Math.max(...incidents.map(({ nodes }) => nodes.length))

test('the locks withstand a nemesis that hits a minority of the nodes', async () => {
  const incidents = await stand({ mode: 'minority' }, 1, 5_000)
  expect(incidents.length).toBeGreaterThan(1)
  expect(mostHit(incidents)).toBeLessThanOrEqual(2)
})

test('the locks withstand a nemesis that cuts off and freezes any number of nodes, and makes the ring of majorities', async () => {
  const names: readonly FaultName[] = ['freeze', 'partition', 'blackhole', 'lost replies', 'reset', 'oom']
  const incidents = await stand({ mode: 'anything', faults: names }, 497, 6_500)
  expect(incidents.map(({ fault }) => fault)).toContain('majorities ring')
  expect(mostHit(incidents)).toBe(5)
})

test('the locks withstand a nemesis with any fault, even one by which a majority loses its data', async () => {
  const incidents = await stand({ mode: 'anything' }, 149, 9_000)
  const lossy = incidents.filter(
    ({ fault }) => fault !== 'majorities ring' && faults[fault].losesData === true,
  )
  expect(mostHit(lossy)).toBe(3)
  expect(mostHit(incidents)).toBeGreaterThanOrEqual(3)
})
