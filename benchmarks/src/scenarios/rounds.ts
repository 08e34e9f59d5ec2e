import type { Entry } from '../contenders/contender.js'
import { measured, type Samples } from '../statistics.js'
import type { Context } from './context.js'

/**
 * Measures all contenders in each round, so that a slow phase of the machine affects all of them. A contender that
 * fails is skipped in later rounds, and its error is reported instead of figures.
 */
export async function inRounds<Key extends string>(
  context: Context,
  entries: readonly Entry[],
  rounds: number,
  measure: (entry: Entry) => Promise<Readonly<Record<Key, number>>>,
): Promise<Map<Entry, Record<string, Samples | string>>> {
  const figures = new Map<Entry, Readonly<Record<Key, number>>[]>(entries.map((entry) => [entry, []]))
  const failures = new Map<Entry, string>()
  for (let round = 1; round <= rounds; round++) {
    context.log(`  round ${round} of ${rounds}`)
    for (const entry of entries) {
      if (failures.has(entry)) continue
      try {
        figures.get(entry)!.push(await measure(entry))
      } catch (error) {
        failures.set(entry, error instanceof Error ? error.message : String(error))
        context.discard(entry)
      }
    }
  }
  const summary = new Map<Entry, Record<string, Samples | string>>()
  for (const [entry, all] of figures) {
    const failure = failures.get(entry)
    summary.set(entry, failure === undefined ? summed(all) : { failure })
  }
  return summary
}

function summed<Key extends string>(all: readonly Readonly<Record<Key, number>>[]): Record<string, Samples> {
  const keys = Object.keys(all[0] ?? {}) as Key[]
  return Object.fromEntries(keys.map((key) => [key, measured(all.map((one) => one[key]))]))
}
