import type { Entry } from '../contenders/contender.js'
import { contention, SECTION, WAITERS } from './contention.js'
import type { Context } from './context.js'
import { placed } from './cycles.js'
import { inRounds } from './rounds.js'
import type { Scenario } from './scenario.js'

const columns = [
  { key: 'total', title: 'total ÷ ideal', digits: 2, better: 'less' },
  { key: 'longestWait', title: 'longest wait ÷ ideal', digits: 2, better: 'less' },
  { key: 'longestWaitMs', title: 'longest wait, ms', digits: 0, better: 'less' },
  { key: 'fairness', title: 'fairness (Jain)', digits: 3, better: 'more' },
  { key: 'gap', title: 'gap, ms', digits: 2, better: 'less' },
  { key: 'commandsPerSection', title: 'client commands per section', digits: 1, better: 'less' },
  { key: 'violations', title: 'violations', digits: 0 },
  { key: 'missing', title: 'not served in time', digits: 0 },
] as const

function contended(processes: number): Scenario {
  const id = `contention-${processes}`
  return {
    id,
    run: async (context) => {
      // Bare commands cannot wait.
      const waiting = context.field.filter(({ kind }) => kind !== 'floor')
      const summary = await inRounds(context, waiting, context.quick ? 1 : 3, (entry) =>
        figures(context, entry, processes),
      )
      return {
        id,
        title: `Contention, ${WAITERS} waiters in ${processes === 1 ? 'one process' : `${processes} processes`}`,
        method: `All waiters acquire the same resource repeatedly and hold it for a section of ${SECTION} ms. The ideal total is all sections without gaps; the ideal wait is the sections of the ${WAITERS - 1} other waiters. Fairness is Jain's index of the sections that each waiter had completed when the first waiter finished (1: equal shares, ${(1 / WAITERS).toFixed(2)}: one waiter got everything). The gap is the median time from the end of a section to the start of the next. Peers retry indefinitely, at their default intervals.`,
        columns,
        rows: [...summary].map(([{ name, kind }, values]) => ({
          name,
          kind,
          values: placed(values, 'total'),
        })),
        drawn: 'longestWait',
      }
    },
  }
}

async function figures(context: Context, entry: Entry, processes: number) {
  const { quick } = context
  const { processes: _, ...numbers } = await contention(
    context,
    entry,
    processes,
    quick ? 3 : 12,
    quick ? 1_500 : 20_000,
  )
  return numbers
}

export const contendedScenarios: readonly Scenario[] = [contended(1), contended(4)]
