import { expect, test } from '@jest/globals'
import { checkMutualExclusion, renderReport, type History, type WorkloadResult } from '@quorumlock/testing'

const history: History = [
  { client: 'a', attempt: 'a/1', at: 10, kind: 'asked', resource: 'orders & <co>' },
  { client: 'a', attempt: 'a/1', at: 20, kind: 'acquired', validUntil: 900, token: '7' },
  { client: 'b', attempt: 'b/1', at: 30, kind: 'asked', resource: 'orders & <co>' },
  { client: 'b', attempt: 'b/1', at: 40, kind: 'acquired', validUntil: 950, token: '8' },
]
const verdicts = [checkMutualExclusion(history)]
const result: WorkloadResult = {
  seed: 42,
  from: 0,
  to: 1_000,
  history,
  verdicts,
  isValid: false,
  incidents: [{ fault: 'freeze', nodes: ['node-2'], from: 100, to: 300 }],
  skipped: new Map([['torn log', 'no file']]),
}

test('a report is a page that loads nothing', () => {
  const page = renderReport(result)
  expect(page).toMatch(/^<!doctype html>/)
  expect(page).not.toMatch(/<script|<link|src=|@import|url\(/)
})

test('a report names the seed, the faults, the holders, the verdicts and the skipped faults', () => {
  const page = renderReport(result)
  for (const part of [
    'seed 42',
    'freeze, 200 ms',
    'a/1, 880.0 ms, token 7',
    'mutual exclusion',
    'torn log: no file',
  ]) {
    expect(page).toContain(part)
  }
  expect(page).toContain('✗ violated')
})

test('a report shows foreign names as text, not as markup', () => {
  expect(renderReport(result)).toContain('orders &amp; &lt;co&gt;')
})

test('a report draws the holds of a lock in a row for each client, from the beginning of the report', () => {
  const early: History = [
    { client: 'a', attempt: 'a/9', at: -90, kind: 'asked', resource: 'orders' },
    { client: 'a', attempt: 'a/9', at: -80, kind: 'acquired', validUntil: 500 },
  ]
  const page = renderReport({ ...result, history: early })
  expect(page).toContain('orders · a')
  const lefts = [...page.matchAll(/<rect x="([\d.-]+)"/g)].map(([, left]) => Number(left))
  expect(lefts.length).toBe(2)
  expect(Math.min(...lefts)).toBeGreaterThanOrEqual(140)
})

test('a report distinguishes faults by their number in the legend, not only by colour', () => {
  expect(renderReport(result).match(/<text[^>]*>1<\/text>/g)).toHaveLength(2)
})
