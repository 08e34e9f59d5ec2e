import {
  checkLostUpdates,
  checkMutualExclusion,
  checkTokens,
  type HistoryEvent,
  type Verdict,
} from '@quorumlock/testing'
import { holdsOf } from '../src/history/hold-table.js'
import type { Crew } from './crew.js'

/** Judged by the checkers that the suites on real servers use. */
export function judge(
  history: readonly HistoryEvent[],
  counters: ReadonlyMap<string, number>,
): readonly [exclusion: Verdict, tokens: Verdict, updates: Verdict] {
  return [checkMutualExclusion(history), checkTokens(history), checkLostUpdates(history, counters)]
}

/** What the run has shown, for people. */
export function summaryOf(
  crew: Crew,
  [exclusion, tokens, updates]: ReturnType<typeof judge>,
  title: string,
  interrupted: boolean,
): string {
  const check = ({ violationCount }: Verdict, text: string): string =>
    `  ${violationCount === 0 ? '✓' : '✗'} ${text}`
  const ms = (value = 0): string => `${value.toFixed(0)} ms`
  const waits = holdsOf(crew.history)
    .map(({ asked, from }) => from - asked)
    .sort((a, b) => a - b)
  return [
    '',
    interrupted ? 'Interrupted. Up to here:' : 'Summary',
    `  on ${title}`,
    check(
      exclusion,
      `${exclusion.checked} sections, ${exclusion.violationCount} times two workers inside at once`,
    ),
    check(tokens, `${tokens.violationCount} tokens that were not higher than the one before`),
    check(updates, `${updates.violationCount} lost updates`),
    `  · waited ${ms(waits[Math.floor(waits.length / 2)])} in the median, ${ms(waits.at(-1))} at most`,
    `  · ${crew.crashes} crash of a worker, ${crew.losses} locks lost, ${crew.failures} calls that failed`,
  ].join('\n')
}
