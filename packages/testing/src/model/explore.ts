/** A transition system over plain states. Equal states must have equal texts. */
export interface Model<State> {
  readonly initial: State
  /** All steps that are possible, each with a name for the trace. */
  steps(state: State): Iterable<readonly [name: string, next: State]>
  /** What is wrong with a state, or `undefined`. */
  violation(state: State): string | undefined
  key(state: State): string
}

export interface Exploration {
  readonly states: number
  /** True if every reachable state was visited, false if the limit was reached first. */
  readonly complete: boolean
  readonly violation?: { readonly what: string; readonly trace: readonly string[] } | undefined
}

interface Visit<State> {
  readonly state: State
  readonly step: string
  readonly from: Visit<State> | undefined
}

/** Visits every reachable state, nearest first, so that the first violation has a shortest trace. */
export function explore<State>(model: Model<State>, limit: number): Exploration {
  const seen = new Set([model.key(model.initial)])
  let frontier: Visit<State>[] = [{ state: model.initial, step: 'start', from: undefined }]
  while (frontier.length > 0) {
    const next: Visit<State>[] = []
    for (const visit of frontier) {
      for (const [step, state] of model.steps(visit.state)) {
        const key = model.key(state)
        if (seen.has(key)) continue
        seen.add(key)
        const reached = { state, step, from: visit }
        const what = model.violation(state)
        if (what !== undefined) {
          return { states: seen.size, complete: false, violation: { what, trace: traceOf(reached) } }
        }
        if (seen.size >= limit) return { states: seen.size, complete: false }
        next.push(reached)
      }
    }
    frontier = next
  }
  return { states: seen.size, complete: true }
}

function traceOf<State>(visit: Visit<State>): string[] {
  const steps: string[] = []
  let at = visit
  while (at.from !== undefined) {
    steps.push(at.step)
    at = at.from
  }
  return steps.reverse()
}
