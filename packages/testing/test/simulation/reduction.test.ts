import { expect, test } from '@jest/globals'
import { reduce, replayCommand } from '../../src/simulator/reduce.js'
import { simulate } from '../../src/simulator/simulate.js'
import { firstFlagged } from './support/seeds.js'

test('a failing run is reduced, and one command replays it', async () => {
  const flagged = await firstFlagged(1_000, { world: 'dataLoss' })
  const options = { seed: flagged?.seed ?? 0, world: 'dataLoss' as const }
  const { changes, report, runs } = await reduce(options)
  expect(report.violation?.kind).toBe(flagged?.violation?.kind)
  expect(runs).toBeGreaterThan(1)
  const before = (flagged?.plan.faults.size ?? 0) + (flagged?.plan.features.size ?? 0)
  expect(report.plan.faults.size + report.plan.features.size).toBeLessThan(before)
  const command = replayCommand(options, changes)
  expect(command).toMatch(
    /^pnpm --filter @quorumlock\/testing simulate --seed \d+ --world dataLoss --plan '.+'$/,
  )

  const plan = JSON.parse(/--plan '(.+)'$/.exec(command)?.[1] ?? '') as typeof changes
  expect((await simulate({ ...options, plan })).hash).toBe(report.hash)
})
