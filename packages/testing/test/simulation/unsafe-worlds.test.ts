import { expect, test } from '@jest/globals'
import type { UnsafeWorld } from '../../src/simulator/plan.js'
import { firstFlagged } from './support/seeds.js'

const WITHIN = 1_000

const WORLDS: readonly (readonly [UnsafeWorld, string])[] = [
  ['dataLoss', 'nodes that lose their data while the guard is off'],
  ['nodeClockJumps', 'node clocks that jump ahead'],
  ['drift', 'clocks that drift by more than the allowance'],
  ['uncheckedPause', 'a holder that acts after a pause without checking its lock'],
]

test.each(WORLDS)('in the world "%s" the checkers flag %s', async (world) => {
  const flagged = await firstFlagged(WITHIN, { world })
  expect(['exclusion', 'tokens']).toContain(flagged?.violation?.kind)
})
