/** A transition system over plain states; every state must be the same text as often as it is the same state. */
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
  /** Every reachable state was seen; false when the limit was hit first. */
  readonly complete: boolean
  readonly violation?: { readonly what: string; readonly trace: readonly string[] } | undefined
}

interface Visit<State> {
  readonly state: State
  readonly step: string
  readonly from: Visit<State> | undefined
}

/** Looks at every reachable state, nearest first, so that the first violation comes with a shortest trace. */
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
