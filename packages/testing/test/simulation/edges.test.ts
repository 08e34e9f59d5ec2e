import { expect, test } from '@jest/globals'
import { violationsOf } from './support/seeds.js'

const SEEDS = 600

test(`${SEEDS} worlds whose users abort, resume, close and return at every call are safe, and every edge occurs`, async () => {
  const { violations, marks } = await violationsOf(1, SEEDS, { world: 'edges' })
  expect(violations).toEqual([])
  expect(EDGES.filter((mark) => !marks.has(mark))).toEqual([])
}, 300_000)

/** What the users of these worlds do, and what is judged. */
const EDGES = [
  'first call judged',
  'close judged',
  'places of a dead process judged',
  'a provisional lock extended by its user',
  'resumed from a giver that continues',
  'resume given up',
  'once: ran',
  'once: done',
  'once: running',
  'error GIVEN_UP',
  'error CLOSED',
]
