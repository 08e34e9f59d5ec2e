import { expect, test } from '@jest/globals'
import type { PlanChanges } from '../../src/simulator/plan.js'
import { simulate, type SimulationOptions } from '../../src/simulator/simulate.js'

const HANDING_OVER: PlanChanges = {
  nodes: 3,
  quorum: 2,
  ttls: [100, 3_000],
  calmness: 30,
  resources: 1,
  clients: 4,
  fair: 'always',
  stormUntil: 4_000,
  guard: true,
  only: [
    'extend',
    'extendTwice',
    'autoExtend',
    'flush',
    'lossyRestart',
    'stall',
    'overstay',
    'detach',
    'resume',
  ],
}

/** Every seed that once found something in the core. What it found is planted again among the planted faults, too. */
const FOUND: readonly (readonly [string, SimulationOptions])[] = [
  ['close() left timers that kept the process alive', { seed: 1 }],
  [
    'a single restarted node stayed in quarantine for ever, and clients asked it every millisecond',
    { seed: 70 },
  ],
  [
    'a detached lock was freed when its maxHold was over',
    { seed: 20, plan: { ttls: [100, 300], resources: 1 } },
  ],
  ['a lock detached during a failing renewal was renewed for ever', { seed: 631, plan: HANDING_OVER }],
  [
    'waiters whose queues disagree never gave way when rounds were lost before the grants came in',
    { seed: 115_781 },
  ],
  ['a client that had not imposed a quarantine itself never saw the end of it', { seed: 53_040 }],
  [
    'forcing one resource of a detached lock took the others from the process that had gone on with it',
    { seed: 141_048 },
  ],
  ['a late attempt freed a lock that had been handed over under its name', { seed: 149_255 }],
  ...[29_027, 35_552].map(
    (seed) =>
      [`a giver freed what was repaired for its heir (seed ${seed})`, { seed, world: 'edges' }] as const,
  ),
  ...[22_850, 35_387].map(
    (seed) =>
      [
        `a call waited for the guard for as long as connections broke (seed ${seed})`,
        { seed, world: 'edges' },
      ] as const,
  ),
  ...[45_236, 47_454].map(
    (seed) => [`a waiter that had not subscribed yet was taken for dead (seed ${seed})`, { seed }] as const,
  ),
]

test.each(FOUND)('%s', async (_what, options) => {
  expect((await simulate(options)).violation).toBeUndefined()
})
