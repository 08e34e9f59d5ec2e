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

/** Every seed that once found a fault in the core. These faults are also among the planted ones. */
const FOUND: readonly (readonly [string, SimulationOptions])[] = [
  ['close() left timers that kept the process alive', { seed: 1 }],
  [
    'a single restarted node stayed in quarantine forever, and clients polled it every millisecond',
    { seed: 70 },
  ],
  [
    'a detached lock was released at the end of its maxHold',
    { seed: 20, plan: { ttls: [100, 300], resources: 1 } },
  ],
  ['a lock detached during a failing renewal was renewed forever', { seed: 631, plan: HANDING_OVER }],
  [
    'waiters with inconsistent queues never gave way when rounds were lost before the grants arrived',
    { seed: 115_781 },
  ],
  ['a client never noticed the end of a quarantine imposed by another client', { seed: 53_040 }],
  [
    'forcing one resource of a detached lock took the others from the process that had resumed it',
    { seed: 141_048 },
  ],
  ['a late attempt released a lock that had been handed over under its name', { seed: 149_255 }],
  ...[29_027, 35_552].map(
    (seed) =>
      [
        `a giver released what had been repaired for its heir (seed ${seed})`,
        { seed, world: 'edges' },
      ] as const,
  ),
  ...[22_850, 35_387].map(
    (seed) =>
      [
        `a call waited for the guard as long as connections kept breaking (seed ${seed})`,
        { seed, world: 'edges' },
      ] as const,
  ),
  ...[45_236, 47_454].map(
    (seed) => [`a waiter that had not subscribed yet was considered dead (seed ${seed})`, { seed }] as const,
  ),
]

test.each(FOUND)('%s', async (_what, options) => {
  expect((await simulate(options)).violation).toBeUndefined()
})
