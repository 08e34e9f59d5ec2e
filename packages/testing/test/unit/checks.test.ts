import { describe, expect, test } from '@jest/globals'
import {
  checkLiveness,
  checkLostUpdates,
  checkMutualExclusion,
  checkTokens,
  type History,
  type HistoryEvent,
} from '@quorumlock/testing'

const hold = (attempt: string, from: number, to: number, token?: number): HistoryEvent[] => {
  const base = { client: attempt.split('/')[0]!, attempt }
  return [
    { ...base, at: from - 1, kind: 'asked', resource: 'orders' },
    {
      ...base,
      at: from,
      kind: 'acquired',
      validUntil: 1e6,
      ...(token !== undefined && { token: String(token) }),
    },
    { ...base, at: to, kind: 'releasing' },
  ]
}

describe('mutual exclusion', () => {
  test('mutual exclusion holds if one hold begins when the other ends', () => {
    expect(checkMutualExclusion([...hold('a/1', 10, 20), ...hold('b/1', 20, 30)]).outcome).toBe('valid')
  })
  test('mutual exclusion is violated by an overlap of a tenth of a millisecond', () => {
    expect(checkMutualExclusion([...hold('a/1', 10, 20), ...hold('b/1', 19.9, 30)]).violationCount).toBe(1)
  })
  test('mutual exclusion is violated by a short hold within a long one, even if another ended in between', () => {
    const history = [...hold('a/1', 10, 100), ...hold('b/1', 20, 30), ...hold('c/1', 50, 60)]
    expect(checkMutualExclusion(history).violationCount).toBe(2)
  })
  test('mutual exclusion is unknown if no lock was held', () => {
    expect(checkMutualExclusion([]).outcome).toBe('unknown')
  })
  test('mutual exclusion is checked for a hundred thousand holds', () => {
    const history: History = Array.from({ length: 100_000 }, (_, n) =>
      hold(`a/${n}`, 10 * n, 10 * n + 5),
    ).flat()
    expect(checkMutualExclusion(history).checked).toBe(100_000)
  })
})

describe('token order', () => {
  test('token order is violated by a token that is not above one granted before its request', () => {
    expect(checkTokens([...hold('a/1', 10, 20, 8), ...hold('b/1', 30, 40, 7)]).outcome).toBe('violated')
  })
  test('token order is violated by the same token twice', () => {
    expect(checkTokens([...hold('a/1', 10, 20, 8), ...hold('b/1', 10.5, 40, 8)]).outcome).toBe('violated')
  })
  test('token order is not violated by concurrent requests', () => {
    expect(checkTokens([...hold('a/1', 10, 20, 8), ...hold('b/1', 10.5, 40, 7)]).outcome).toBe('valid')
  })
})

test('an overwritten update is detected by the counter', () => {
  const wrote: HistoryEvent[] = ['a/1', 'b/1'].map((attempt) => ({
    client: 'x',
    attempt,
    at: 50,
    kind: 'wrote',
  }))
  const history = [...hold('a/1', 10, 20), ...hold('b/1', 30, 40), ...wrote]
  expect(checkLostUpdates(history, new Map([['orders', 2]])).outcome).toBe('valid')
  expect(checkLostUpdates(history, new Map([['orders', 1]])).outcome).toBe('violated')
})

test('a lock that is granted too late after the last fault violates liveness', () => {
  const history = hold('a/1', 500, 600)
  expect(checkLiveness(history, { healedAt: 100, within: 400 }).outcome).toBe('valid')
  expect(checkLiveness(history, { healedAt: 100, within: 399 }).outcome).toBe('violated')
})
