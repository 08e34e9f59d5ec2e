import type { Fleet } from '../faulty-fleet/fleet.js'
import { startFleet } from '../faulty-fleet/start-fleet.js'
import type { FleetOptions } from '../fleet/options.js'
import type { WorkloadResult } from '../workload/run-workload.js'

/** The hooks that a test runner must offer, as jest and vitest do, and mocha under other names. */
export interface Hooks {
  beforeAll(act: () => Promise<void>, timeout?: number): unknown
  afterEach(act: () => Promise<void>, timeout?: number): unknown
  afterAll(act: () => Promise<void>, timeout?: number): unknown
}

const startWithin = 60_000

/**
 * Gives a test file its own fleet, which is healed and emptied after every test:
 *
 * ```ts
 * const fleet = useFleet({ nodes: 5 })
 * test('…', async () => { await fleet().nodes[0]!.kill() })
 * ```
 */
export function useFleet(
  options: FleetOptions = {},
  hooks: Hooks = globalThis as unknown as Hooks,
): () => Fleet {
  let fleet: Fleet | undefined
  hooks.beforeAll(async () => {
    fleet = await startFleet(options)
  }, startWithin)
  hooks.afterEach(async () => {
    await fleet?.heal()
    await Promise.all(fleet?.nodes.map((node) => node.flush()) ?? [])
  }, startWithin)
  hooks.afterAll(async () => {
    await fleet?.dispose()
  }, startWithin)
  return () => {
    if (fleet === undefined) throw new Error('The fleet does not exist yet; call this function within a test')
    return fleet
  }
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/** For `expect.extend(workloadMatchers)`. */
export const workloadMatchers: {
  toHoldEveryCheck(result: WorkloadResult): MatcherResult
  toHoldCheck(result: WorkloadResult, check: string): MatcherResult
} = {
  toHoldEveryCheck: (result) => judge(result, result.verdicts),
  toHoldCheck: (result, check) => {
    const verdicts = result.verdicts.filter((verdict) => verdict.check === check)
    if (verdicts.length > 0) return judge(result, verdicts)
    const known = result.verdicts.map((verdict) => verdict.check).join(', ')
    return { pass: false, message: () => `Expected one of the checks ${known}, got ${check}` }
  },
}

function judge(result: WorkloadResult, verdicts: WorkloadResult['verdicts']): MatcherResult {
  const violated = verdicts.filter(({ outcome }) => outcome === 'violated')
  const list = violated.flatMap(({ check, violations }) =>
    violations.map((violation) => `${check}: ${violation}`),
  )
  return {
    pass: violated.length === 0,
    message: () =>
      violated.length === 0
        ? `Expected a check to be violated (seed ${result.seed}), but all hold`
        : `With seed ${result.seed}:\n${list.join('\n')}`,
  }
}

/** For `declare module 'expect' { interface Matchers<R> extends WorkloadMatchers<R> {} }`. */
export interface WorkloadMatchers<R> {
  toHoldEveryCheck(): R
  toHoldCheck(check: string): R
}
