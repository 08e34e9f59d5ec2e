import { expect, test } from '@jest/globals'
import { violationsOf } from './support/seeds.js'

// A separate file, so that both halves run at the same time.
const SEEDS = 1_000

test(`another ${SEEDS} worlds are safe and make progress`, async () => {
  expect((await violationsOf(1_001, SEEDS)).violations).toEqual([])
})
