import type { Entry } from '../contenders/contender.js'
import type { Row, Value } from '../report/result.js'
import { Worker } from '../worker/crew.js'
import type { CyclesResult, CyclesTask } from '../worker/task.js'
import type { Context } from './context.js'
import type { Scenario } from './scenario.js'

const columns = [
  { key: 'healthy', title: 'healthy median, ms', digits: 2 },
  { key: 'median', title: 'median, ms', digits: 2, better: 'less' },
  { key: 'ratio', title: 'median ÷ healthy', digits: 2, better: 'less' },
  { key: 'max', title: 'worst, ms', digits: 0, better: 'less' },
  { key: 'cycles', title: 'cycles', digits: 0, better: 'more' },
  { key: 'note', title: 'failed or hung', digits: 0 },
] as const

type Fault = 'frozen' | 'dead'

/** Locks are acquired one after another while the first `nodes` nodes are frozen or dead. */
function faulty(fault: Fault, nodes: number): Scenario {
  const id = `${fault}-${nodes}`
  return {
    id,
    run: async (context) => {
      const duration = context.quick ? 600 : 4_000
      const rows: Row[] = []
      const entries = context.quick ? context.field.slice(0, 1) : context.field
      for (const entry of entries) {
        rows.push({
          name: entry.name,
          kind: entry.kind,
          values: await figures(context, entry, fault, nodes, duration),
        })
      }
      return {
        id,
        title: `${nodes} of five nodes ${fault}`,
        method: `One after another for ${duration / 1_000} s, starting just after the fault (${fault === 'frozen' ? 'SIGSTOP: connections stay open, but nothing responds' : 'SIGKILL: connections are refused'}), with twice that time to finish. The healthy median is the same contender's, just before the fault.`,
        columns,
        rows,
        drawn: 'median',
      }
    },
  }
}

export const faultScenarios: readonly Scenario[] = [
  faulty('frozen', 1),
  faulty('frozen', 2),
  faulty('dead', 1),
  faulty('dead', 2),
]

async function figures(
  context: Context,
  entry: Entry,
  fault: Fault,
  nodes: number,
  duration: number,
): Promise<Record<string, Value>> {
  const task: CyclesTask = {
    kind: 'cycles',
    parallel: 1,
    duration,
    most: Infinity,
    limit: 2 * duration,
    resources: 1,
  }
  const struck = context.fleet.nodes.slice(0, nodes)
  const worker = await Worker.start(entry, context.urls)
  try {
    await worker.perform({ ...task, duration: duration / 2 }, task.limit)
    const healthy = await worker.perform({ ...task, duration: duration / 2 }, task.limit)
    await Promise.all(struck.map((node) => (fault === 'frozen' ? node.pause() : node.kill())))
    const faulted = await worker.perform(task, task.limit)
    return described(healthy, faulted)
  } catch (error) {
    return { note: error instanceof Error ? error.message : String(error) }
  } finally {
    worker.kill()
    await Promise.all(struck.map((node) => (fault === 'frozen' ? node.resume() : node.restart())))
    // Otherwise the guard would exclude the nodes that restarted empty from quorums for a while.
    if (fault === 'dead') await Promise.all(context.fleet.nodes.map((node) => node.flush()))
  }
}

function described(
  healthy: CyclesResult,
  { cycle, cycles, stuck, failures, failure, elapsed }: CyclesResult,
) {
  const notes = [
    ...(stuck > 0 ? [`hung for ${(elapsed / 1_000).toFixed(1)} s`] : []),
    ...(failures > 0 ? [`${failures} failed: ${String(failure).slice(0, 80).replaceAll('|', '/')}`] : []),
  ]
  return {
    healthy: healthy.cycle.median,
    median: cycle.median,
    ratio: cycle.median / healthy.cycle.median,
    max: cycle.max,
    cycles,
    note: notes.join('; ') || 'none',
  }
}
