import { describe, expect, test } from '@jest/globals'
import { defaultFaults, faults, schedule, type Step } from '@quorumlock/testing'

const take = (mode: 'minority' | 'anything', seed: number, nodes = 5, count = 400): readonly Step[] => {
  const steps = schedule({ seed, nodes, mode, ttl: 1_000 })
  return Array.from({ length: count }, () => steps.next().value as Step)
}

describe('a schedule of faults', () => {
  test('a schedule of faults depends on its seed only', () => {
    expect(take('anything', 7)).toEqual(take('anything', 7))
    expect(take('anything', 7)).not.toEqual(take('anything', 8))
  })

  test.each([
    [3, 1],
    [4, 1],
    [5, 2],
    [7, 3],
  ])('a schedule in minority mode for %i nodes hits up to %i of them', (nodes, most) => {
    const sizes = take('minority', 1, nodes).map((step) => new Set(step.nodes).size)
    expect(Math.max(...sizes)).toBe(most)
    expect(Math.min(...sizes)).toBe(1)
  })

  test('a schedule in anything mode hits one node, a minority, a majority, all, and makes the ring of majorities', () => {
    const steps = take('anything', 1)
    expect(new Set(steps.map(({ target }) => target))).toEqual(
      new Set(['one', 'minority', 'majority', 'all', 'ring']),
    )
    for (const { target, nodes } of steps) {
      expect(nodes).toHaveLength({ one: 1, minority: 2, majority: 3, all: 5, ring: 0 }[target])
    }
  })

  test('a schedule never lets all nodes lose their data at the same time', () => {
    const lossy = take('anything', 1).filter(
      ({ fault }) => fault !== 'majorities ring' && faults[fault].losesData === true,
    )
    expect(lossy.length).toBeGreaterThan(20)
    expect(Math.max(...lossy.map(({ nodes }) => nodes.length))).toBe(3)
  })

  test('a schedule contains every default fault eventually', () => {
    const seen = new Set(take('minority', 1, 5, 2_000).map(({ fault }) => fault))
    expect(seen).toEqual(new Set(defaultFaults))
  })

  test('a schedule in minority mode is rejected if no node may fail', () => {
    expect(() => take('minority', 1, 2)).toThrow('Expected `nodes` to be at least 3 in minority mode, got 2')
  })
})
