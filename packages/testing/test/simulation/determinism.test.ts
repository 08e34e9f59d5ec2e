import { expect, test } from '@jest/globals'
import { simulate } from '../../src/simulator/simulate.js'

test('the same seed gives the same history, to the byte', async () => {
  for (const seed of [3, 17, 923]) {
    const first = await simulate({ seed, trace: true })
    const second = await simulate({ seed, trace: true })
    expect(second.trace.join('\n')).toBe(first.trace.join('\n'))
    expect(second.hash).toBe(first.hash)
    expect(first.trace.length).toBeGreaterThan(100)
  }
})

test('a history does not depend on whether it is recorded', async () => {
  const read = await simulate({ seed: 5, trace: true, history: true })
  expect((await simulate({ seed: 5 })).hash).toBe(read.hash)
})

test('another seed gives another history', async () => {
  const [first, second] = [await simulate({ seed: 1 }), await simulate({ seed: 2 })]
  expect(first.hash).not.toBe(second.hash)
})
