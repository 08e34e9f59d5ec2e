import { expect, test } from '@jest/globals'
import { checkMutualExclusion, checkTokens } from '../../src/history/checks.js'
import { checkFencedMutex } from '../../src/history/fenced-mutex.js'
import type { History } from '../../src/history/history.js'
import { mutatedCore } from './support/mutated-core.js'
import { PLANTED_FAULTS } from './support/mutations.js'
import { runSeeds } from './support/seeds.js'

// Excludes what ends a lock before its recorded time: a forced release, a close by another user, a shorter extension.
const plan = { without: ['force', 'reopen', 'extend'], fencing: true } as const

const verdictsOf = (history: History) =>
  [checkMutualExclusion(history), checkTokens(history), checkFencedMutex(history)].map(
    ({ outcome }) => outcome,
  )

test('the checkers of the suites on real servers find nothing in simulated histories either', async () => {
  let holds = 0
  await runSeeds(1, 100, { plan, history: true }, ({ history }) => {
    expect(verdictsOf(history)).not.toContain('violated')
    holds += checkMutualExclusion(history).checked
    return true
  })
  expect(holds).toBeGreaterThan(1_000)
})

test('the checkers of the suites on real servers find a token that is not compared', async () => {
  const fault = PLANTED_FAULTS.find(({ name }) => name === 'a token that is not compared')!
  const outcomes = new Set<string>()
  await runSeeds(1, 100, { plan, history: true, core: await mutatedCore(fault) }, ({ history }) => {
    outcomes.add(verdictsOf(history).join())
    return ![...outcomes].some((seen) => seen.endsWith('violated,violated'))
  })
  expect([...outcomes]).toContain('valid,violated,violated')
})
