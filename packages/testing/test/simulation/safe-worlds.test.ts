import { expect, test } from '@jest/globals'
import { violationsOf } from './support/seeds.js'

const SEEDS = 1_000

test(`${SEEDS} worlds are safe and make progress, and every rare path is taken in some of them`, async () => {
  const { violations, marks } = await violationsOf(1, SEEDS)
  expect(violations).toEqual([])
  expect(RARE_PATHS.filter((mark) => !marks.has(mark))).toEqual([])
})

/** Derived from commands and replies. */
const RARE_PATHS = [
  'split vote',
  'lock given to a node that was not asked',
  'grant came after its rollback',
  'late acquire applied',
  'late release applied',
  'late extend applied',
  'release sent again',
  'partial grant released, place kept',
  'heartbeat renewed a place',
  'place given up',
  'wake-up published',
  'lock handed over by a quorum',
  'wake-up published to no subscriber',
  'wake-up lost',
  'watch ended free',
  'watch ran out',
  'several resources at once',
  'acquire refused: stale',
  'acquire refused: queued',
  'acquire refused: quarantined',
  'acquire refused: unmarked',
  'acquire unknown',
  'acquire failed',
  'extend refused: gone',
  'extend refused: taken',
  'extend unknown',
  'repair done',
  'repair refused: taken',
  'repair refused: stale',
  'marker: found',
  'marker: quarantine',
  'marker: admit',
  'marker: shorten',
  'data lost',
  'data of a connection given up',
  'silent node probed',
  'resumed',
  'closed while others use it',
  'release expired',
  'release unknown',
  'log: lock was lost',
  'log: clock of lock node was stepped',
  'error CONTENDED',
  'error UNAVAILABLE',
  'error LOST',
  'error CLOSED',
  'error GIVEN_UP',
]
