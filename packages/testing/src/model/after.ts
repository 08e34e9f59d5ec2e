import type { Model } from './explore.js'

/** The same model from the state on that these steps lead to, for worlds too large to be searched from their start. */
export function after<State>(model: Model<State>, names: readonly string[]): Model<State> {
  let initial = model.initial
  for (const name of names) {
    const steps = [...model.steps(initial)]
    const step = steps.find(([other]) => other === name)
    if (step === undefined) {
      throw new Error(
        `Expected the step "${name}", got only ${steps.map(([other]) => `"${other}"`).join(', ')}`,
      )
    }
    initial = step[1]
  }
  return { ...model, initial }
}
