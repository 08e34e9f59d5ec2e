import type { Model } from './explore.js'

export interface Standstill {
  readonly states: number
  /** True if every reachable state was visited, false if the limit was reached first. */
  readonly complete: boolean
  /** A shortest way to a state from which the goal cannot be reached, if there is one. */
  readonly trace?: readonly string[] | undefined
}

interface Visit<State> {
  readonly state: State
  readonly step: string
  readonly from: Visit<State> | undefined
  /** The states from which a step that helps leads here. */
  readonly before: Visit<State>[]
}

/** Looks for a state from which no sequence of steps that help leads to the goal. */
export function findStandstill<State>(
  model: Model<State>,
  isGoal: (state: State) => boolean,
  helps: (step: string) => boolean,
  limit: number,
): Standstill {
  const first: Visit<State> = { state: model.initial, step: 'start', from: undefined, before: [] }
  const visits = new Map([[model.key(model.initial), first]])
  // A map lists what is added on the way too, so states come nearest first.
  for (const from of visits.values()) {
    for (const [step, state] of model.steps(from.state)) {
      const key = model.key(state)
      let visit = visits.get(key)
      if (visit === undefined) {
        if (visits.size >= limit) return { states: visits.size, complete: false }
        visit = { state, step, from, before: [] }
        visits.set(key, visit)
      }
      if (helps(step)) visit.before.push(from)
    }
  }
  const all = [...visits.values()]
  const arrives = new Set(all.filter(({ state }) => isGoal(state)))
  // So does a set.
  for (const visit of arrives) for (const earlier of visit.before) arrives.add(earlier)
  const stuck = all.find((visit) => !arrives.has(visit))
  return { states: all.length, complete: true, trace: stuck && traceOf(stuck) }
}

function traceOf<State>(visit: Visit<State>): string[] {
  const steps: string[] = []
  for (let at = visit; at.from !== undefined; at = at.from) steps.push(at.step)
  return steps.reverse()
}
