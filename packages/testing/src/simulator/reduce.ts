import type { Part, PlanChanges } from './plan.js'
import { simulate, type SimulationOptions, type SimulationReport } from './simulate.js'

export interface Reduction {
  readonly changes: PlanChanges
  readonly report: SimulationReport
  /** How many runs it took. */
  readonly runs: number
}

/** The most runs that a reduction may take; each takes a few milliseconds. */
const MOST_RUNS = 400

/** Reduces a failing run: switches off faults and features and shortens it, as long as it fails in the same way. */
export async function reduce(options: SimulationOptions): Promise<Reduction> {
  let best = await simulate(options)
  let changes: PlanChanges = options.plan ?? {}
  let runs = 1
  const kind = best.violation?.kind
  const tried = new Set<string>()
  for (let progress = kind !== undefined; progress && runs < MOST_RUNS; ) {
    progress = false
    for (const change of smaller(best, changes)) {
      const text = JSON.stringify(change)
      if (tried.has(text) || runs >= MOST_RUNS) continue
      tried.add(text)
      runs++
      const report = await simulate({ ...options, plan: change })
      if (report.violation?.kind !== kind) continue
      best = report
      changes = change
      progress = true
      break
    }
  }
  return { changes, report: best, runs }
}

/** Changes that make a world simpler, the boldest first. */
function* smaller({ plan, violation }: SimulationReport, changes: PlanChanges): Generator<PlanChanges> {
  const without = changes.without ?? []
  const on: Part[] = [...plan.faults, ...plan.features, ...plan.edges]
  if (on.length > 1) yield { ...changes, without: [...without, ...on] }
  for (const one of on) yield { ...changes, without: [...without, one] }
  if (plan.clients > 1) yield { ...changes, clients: plan.clients - 1 }
  if (plan.actors > 1) yield { ...changes, actors: 1 }
  if (plan.actors > 2) yield { ...changes, actors: plan.actors - 1 }
  if (plan.resources > 1) yield { ...changes, resources: 1 }
  for (const nodes of [1, 3, 5]) {
    if (nodes < plan.nodes) yield { ...changes, nodes, quorum: Math.floor(nodes / 2) + 1 }
  }
  const end = (violation?.at ?? plan.stormUntil) + 1 - plan.calmUntil
  if (end < plan.stormUntil - plan.calmUntil) yield { ...changes, stormUntil: end }
  if (plan.operations > 1) {
    yield { ...changes, operations: Math.floor(plan.operations / 2) }
    yield { ...changes, operations: plan.operations - 1 }
  }
  for (const name of ['spikeChance', 'drift', 'clientClockError', 'nodeClockError', 'jitter'] as const) {
    if (plan[name] > 0) yield { ...changes, [name]: 0 }
  }
  if (plan.spread !== 'all') yield { ...changes, spread: 'all' }
  if (plan.fencing) yield { ...changes, fencing: false }
  if (plan.guard) yield { ...changes, guard: false }
}

/** The command that repeats a run. */
export function replayCommand({ seed, world }: SimulationOptions, changes: PlanChanges = {}): string {
  const inWorld = world === undefined || world === 'safe' ? '' : ` --world ${world}`
  const plan = Object.keys(changes).length === 0 ? '' : ` --plan '${JSON.stringify(changes)}'`
  return `pnpm --filter @quorumlock/testing simulate --seed ${seed}${inWorld}${plan}`
}
