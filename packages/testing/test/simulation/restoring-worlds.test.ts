import { expect, test } from '@jest/globals'
import { violationsOf } from './support/seeds.js'

const SEEDS = 500

test(`${SEEDS} worlds whose nodes are emptied again and again, beside marks that outlive the run, are safe, and every node comes back`, async () => {
  const { violations, marks } = await violationsOf(1, SEEDS, { world: 'restoring' })
  expect(violations).toEqual([])
  expect(STEPS.filter((mark) => !marks.has(mark))).toEqual([])
}, 300_000)

const STEPS = [
  'data lost',
  'marker: quarantine',
  'marker: claim',
  'list sent',
  'restore sent',
  'copies given back',
  'node restored',
  'tidy sent',
  'extend refused: quarantined',
  'extend refused: unmarked',
  'marker: seats',
  'log: lock node was given back what it had forgotten',
]
