import type { Entry } from '../contenders/contender.js'
import type { Row, Value } from '../report/result.js'
import type { CyclesTask } from '../worker/task.js'
import type { Context } from './context.js'
import { inRounds } from './rounds.js'
import type { Scenario } from './scenario.js'

const columns = [
  { key: 'rate', title: 'cycles/s', digits: 0, better: 'more' },
  { key: 'median', title: 'median, ms', digits: 3, better: 'less' },
  { key: 'p99', title: 'p99, ms', digits: 2, better: 'less' },
  { key: 'cpu', title: 'client CPU per cycle, µs', digits: 1, better: 'less' },
] as const

/** Acquire and release without contention, `parallel` at a time. */
function uncontended(parallel: number, id: string, title: string): Scenario {
  return {
    id,
    run: async (context) => ({
      id,
      title,
      method: `Each lock has a resource of its own, so there is no contention; ${parallel === 1 ? 'one after another' : `${parallel} in flight`}. A cycle is an acquire and a release.`,
      columns,
      rows: await cycleRows(context, context.uncontendedField, parallel, 1),
      drawn: parallel === 1 ? 'median' : 'rate',
    }),
  }
}

export const uncontendedScenarios: readonly Scenario[] = [
  uncontended(1, 'sequential', 'One after another'),
  uncontended(64, 'in-flight-64', '64 in flight'),
  uncontended(512, 'in-flight-512', '512 in flight'),
]

export const severalResources: Scenario = {
  id: 'several-resources',
  run: async (context) => {
    const entries = context.field.filter(({ takesSeveral }) => takesSeveral)
    const rows: Row[] = []
    for (const resources of context.quick ? [4] : [4, 16]) {
      const some = await cycleRows(context, entries, 16, resources)
      rows.push(...some.map((row) => ({ ...row, name: `${row.name}, ${resources} resources` })))
    }
    return {
      id: 'several-resources',
      title: 'Several resources as one lock',
      method: '16 in flight. The other peers cannot lock several resources at once.',
      columns,
      rows,
      drawn: 'rate',
    }
  },
}

async function cycleRows(
  context: Context,
  entries: readonly Entry[],
  parallel: number,
  resources: number,
): Promise<Row[]> {
  const task: CyclesTask = {
    kind: 'cycles',
    parallel,
    duration: context.quick ? 150 : 700,
    most: Infinity,
    limit: 10_000,
    resources,
  }
  for (const entry of entries) {
    const worker = await context.worker(entry)
    await worker.perform({ ...task, duration: context.quick ? 100 : 700 }, task.limit)
  }
  const summary = await inRounds(context, entries, context.quick ? 2 : 7, async (entry) => {
    const worker = await context.worker(entry)
    const { cycles, elapsed, cpu, cycle, stuck, failures, failure } = await worker.perform(task, task.limit)
    if (stuck > 0 || failures > 0) throw new Error(failure ?? `${stuck} cycles did not finish`)
    return {
      rate: (cycles / elapsed) * 1_000,
      median: cycle.median,
      p99: cycle.p99,
      cpu: (cpu / cycles) * 1_000,
    }
  })
  return [...summary].map(([{ name, kind }, values]) => ({ name, kind, values: placed(values, 'rate') }))
}

/** A failure is shown in the first column. */
export function placed(
  values: Readonly<Record<string, Value>>,
  first: string,
): Readonly<Record<string, Value>> {
  const { failure } = values
  return failure === undefined ? values : { [first]: failure }
}
