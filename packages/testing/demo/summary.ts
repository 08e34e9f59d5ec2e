import type { Score } from './score.js'

/** What the run has shown, for people. */
export function summaryOf(score: Score, title: string, interrupted: boolean): string {
  const check = (isFine: boolean, text: string): string => `  ${isFine ? '✓' : '✗'} ${text}`
  const ms = (value: number): string => `${value.toFixed(0)} ms`
  return [
    '',
    interrupted ? 'Interrupted. Up to here:' : 'Summary',
    `  on ${title}`,
    check(
      score.overlaps === 0,
      `${score.sections} sections, ${score.overlaps} times two workers inside at once`,
    ),
    check(score.disorder === 0, `${score.disorder} tokens that were not higher than the one before`),
    check(score.lostUpdates === 0, `${score.lostUpdates} lost updates`),
    `  · waited ${ms(score.medianWait)} in the median, ${ms(score.longestWait)} at most`,
    `  · ${score.crashes} crash of a worker, ${score.losses} locks lost, ${score.failures} calls that failed`,
  ].join('\n')
}
