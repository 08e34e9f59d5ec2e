import { expect, test } from '@jest/globals'
import { violationsOf } from './support/seeds.js'

const SEEDS = 600

test(`${SEEDS} worlds whose users give up, resume, close and come anew at every call are safe, and every edge is met`, async () => {
  const { violations, marks } = await violationsOf(1, SEEDS, { world: 'edges' })
  expect(violations).toEqual([])
  expect(EDGES.filter((mark) => !marks.has(mark))).toEqual([])
}, 300_000)

/** What the users of these worlds do, and what was judged. */
const EDGES = [
  'first call judged',
  'close judged',
  'places of a dead process judged',
  'a provisional lock extended by its user',
  'resumed from a giver that goes on',
  'resume given up',
  'once: ran',
  'once: done',
  'once: running',
  'error GIVEN_UP',
  'error CLOSED',
]
