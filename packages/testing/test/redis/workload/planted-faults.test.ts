import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  runWorkload,
  startFleet,
  type Fleet,
  type WorkloadOptions,
  type WorkloadResult,
} from '@quorumlock/testing'
import type { Flaw } from '../../support/naive-locks.js'

const naive = new URL('../../support/naive-locks.ts', import.meta.url).href

describe('the checks of a workload', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet()
    // Within one process, all clients would otherwise reach all nodes in the same order, and never split a vote.
    await Promise.all(fleet.nodes.map((node) => node.latency(0, { jitter: 10, direction: 'requests' })))
  })
  beforeEach(() => Promise.all(fleet.nodes.map((node) => node.flush())))
  afterEach(() => {
    delete process.env['QUORUMLOCK_FLAW']
  })
  afterAll(() => fleet.dispose())

  const bench = (flaw: Flaw | undefined, options: Partial<WorkloadOptions> = {}): Promise<WorkloadResult> => {
    if (flaw !== undefined) process.env['QUORUMLOCK_FLAW'] = flaw
    return runWorkload({
      fleet,
      adapter: naive,
      isolation: 'none' as const,
      lasting: 600,
      clients: 3,
      resources: 1,
      ttl: 1_000,
      liveWithin: 500,
      ...options,
    })
  }
  const outcomes = ({ verdicts }: WorkloadResult): Record<string, string> =>
    Object.fromEntries(verdicts.map(({ check, outcome }) => [check, outcome]))

  test('the checks of a workload find nothing wrong with a plain Redlock on healthy nodes', async () => {
    const result = await bench(undefined, { pause: 30 })
    expect(outcomes(result)).toEqual({
      'mutual exclusion': 'valid',
      'token order': 'valid',
      'lost updates': 'valid',
      liveness: 'valid',
      residue: 'valid',
      'unhandled failures': 'valid',
      'clients exit on their own': 'valid',
    })
    expect(result.verdicts[0]!.checked).toBeGreaterThan(10)
  })

  test.each<[Flaw, string, Partial<WorkloadOptions>]>([
    ['no quorum', 'mutual exclusion', {}],
    ['no quorum', 'lost updates', {}],
    ['no owner check', 'mutual exclusion', { pause: 20, section: 60, lasting: 1_500 }],
    ['no validity', 'mutual exclusion', { ttl: 60, section: 200 }],
    ['no rollback', 'liveness', { clients: 4, ttl: 3_000, liveWithin: 300, pause: 2 }],
    ['no release', 'residue', { liveWithin: 100 }],
    ['tokens out of order', 'token order', { pause: 30 }],
  ])('the checks of a workload detect a lock library with "%s" by %s', async (flaw, check, options) => {
    expect(outcomes(await bench(flaw, options))[check]).toBe('violated')
  })
})
