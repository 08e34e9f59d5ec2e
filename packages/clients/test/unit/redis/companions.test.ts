import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fenceOf, hashTagOf, queueOf } from '../../../src/redis/companions.js'
import { slotOf } from '../../../src/redis/slot.js'

test('slots are those of the Redis Cluster specification', () => {
  expect(slotOf('123456789')).toBe(0x31c3)
  expect(slotOf('foo')).toBe(12182)
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'))
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
  expect(slotOf('ключ')).toBe(slotOf('{ключ}x'))
})

test('companions are in the slot of their lock, unless its braces are not a hash tag', () => {
  const key = fc.string({ unit: fc.constantFrom('a', '{', '}', ':', 'é') })
  fc.assert(
    fc.property(key, (lockKey) => {
      const isOdd = lockKey.includes('}') && hashTagOf(lockKey) === undefined
      if (isOdd || lockKey === '') return
      expect(slotOf(queueOf(lockKey))).toBe(slotOf(lockKey))
      expect(slotOf(fenceOf(lockKey))).toBe(slotOf(lockKey))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('no two locks share a companion, except if they differ only by braces around the whole key', () => {
  expect(queueOf('{a}')).toBe(queueOf('a'))
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '{', '}', ':') })
  fc.assert(
    fc.property(key, key, (one, other) => {
      fc.pre(one !== other)
      // They would share a queue, which is slower but harmless. A key prefix rules it out.
      if (one === `{${other}}` || other === `{${one}}`) return
      expect(queueOf(one)).not.toBe(queueOf(other))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})
