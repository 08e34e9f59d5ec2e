import { describe, expect, jest, test } from '@jest/globals'
import * as first from '../../src/errors.js'
import { World } from '../support/world.js'

const votes = [{ node: 'n1', vote: 'refused', reason: 'held, 5 ms left', latency: 1 }] as const
const details = { resources: ['a'], votes }

const made = {
  LockContendedError: [new first.LockContendedError('m', details), 'CONTENDED'],
  QuorumUnavailableError: [new first.QuorumUnavailableError('m', details), 'UNAVAILABLE'],
  LockMisuseError: [new first.LockMisuseError('m', details), 'MISUSE'],
  LockLostError: [new first.LockLostError('expired', 'm', details), 'LOST'],
  LockClosedError: [new first.LockClosedError('m', details), 'CLOSED'],
  UnsupportedError: [new first.UnsupportedError('m', details), 'UNSUPPORTED'],
} as const

describe.each(Object.entries(made))('%s', (name, [error, code]) => {
  test('an error has a name, a code and the votes of the nodes as plain data', () => {
    expect(error).toMatchObject({ name, code, resources: ['a'], votes })
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name, code, message: 'm', resources: ['a'], votes })
    expect(structuredClone(error.votes)).toEqual(votes)
    expect(String(error)).toBe(`${name}: m`)
    expect(error.stack).toContain('errors.test')
    expect(Object.keys(error)).not.toContain('name')
  })

  test('an error is an Error, its own class, and none of its siblings', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(first.QuorumLockError)
    for (const other of Object.keys(made) as (keyof typeof made)[]) {
      const related = other === name || (name === 'LockMisuseError' && other === 'QuorumUnavailableError')
      expect(error instanceof first[other]).toBe(related)
    }
  })

  test('an error is recognized by another copy of the module', async () => {
    jest.resetModules()
    const second = await import('../../src/errors.js')
    expect(second.QuorumLockError).not.toBe(first.QuorumLockError)
    expect(error).toBeInstanceOf(second.QuorumLockError)
    expect(error).toBeInstanceOf(second[name as keyof typeof made])
    expect(new second.LockLostError('gone', 'm')).not.toBeInstanceOf(first.LockContendedError)
  })
})

test.each([null, undefined, 1, 'x', {}, new Error('x')])('%p is none of the errors', (value) => {
  expect(value instanceof first.QuorumLockError).toBe(false)
  expect(value instanceof first.LockLostError).toBe(false)
})

test("a user's own subclass is distinguished from its base", () => {
  class Mine extends first.LockLostError {}
  expect(new Mine('gone', 'm')).toBeInstanceOf(first.LockLostError)
  expect(new Mine('gone', 'm')).toBeInstanceOf(Mine)
  expect(new first.LockLostError('gone', 'm')).not.toBeInstanceOf(Mine)
})

test('an error keeps its cause', () => {
  const cause = new Error('socket')
  expect(new first.QuorumUnavailableError('m', { cause }).cause).toBe(cause)
  expect('cause' in new first.QuorumUnavailableError('m')).toBe(false)
})

test('messages name the resource, the nodes, their votes and the remedy', async () => {
  const world = new World(3)
  const held = await world.clock.run(world.client().acquire('orders/42'))
  const contended = await world.clock.runToError(world.client().acquire('orders/42', { wait: 0 }))
  expect(contended.message).toMatch(
    /^Cannot lock "orders\/42": it is held, or other waiters are ahead \(n1: held, 30000 ms left; n2: .*\)\. Increase wait, or retry later$/,
  )
  world.node(0).disconnect()
  world.node(1).script = () => ({ vote: 'failed', reason: 'LOADING', cause: new Error('loading') })
  const unavailable = await world.clock.runToError(world.client().acquire(['b', 'a'], { wait: 0 }))
  expect(unavailable.message).toBe(
    'Cannot lock "a", "b": 2 of 3 nodes are unavailable, 2 are needed (n1: not connected; n2: LOADING). Restore nodes, or retry later',
  )
  expect(unavailable.cause).toMatchObject({ message: 'loading' })
  await world.clock.advance(40_000)
  expect(() => held.assertHeld()).toThrow(
    '"orders/42" was lost: it expired before a majority of nodes confirmed a renewal',
  )
})

test('no log line contains the value of a lost lock', async () => {
  const world = new World(1)
  const lock = await world.clock.run(world.client({ ttl: 1_000, autoExtend: false }).acquire('a'))
  await world.clock.advance(2_000)
  expect(world.lines.length).toBeGreaterThan(0)
  expect(JSON.stringify(world.lines)).not.toContain(lock.value)
})

test('a message stays short, regardless of long names, many names and long replies of nodes', async () => {
  const world = new World(3)
  const redlock = world.client()
  const names = Array.from({ length: 200 }, (_, index) => `${index}-`.repeat(50_000))
  const held = await world.clock.run(world.client().acquire(names))
  const errors = [await world.clock.runToError(redlock.acquire(names, { wait: 0 }))]
  for (const node of world.nodes) node.script = () => ({ vote: 'failed', reason: 'x'.repeat(100_000) })
  errors.push(await world.clock.runToError(redlock.acquire(names, { wait: 0 })))
  errors.push(await world.clock.runToError(redlock.isLocked(names[0]!)))
  errors.push(await world.clock.runToError(redlock.forceRelease(names[0]!)))
  await redlock.close()
  errors.push(await world.clock.runToError(redlock.acquire(names)))
  for (const { message } of errors) expect(message.length).toBeLessThan(2_000)
  expect(errors[0]!.message).toContain('and 195 more')
  held.detach()
})

test('nodes that reject permanently are not reported as too few nodes that answer', async () => {
  const world = new World(3)
  for (const node of world.nodes)
    node.script = () => ({ vote: 'failed', misuse: true, reason: 'WRONGTYPE no string' })
  const redlock = world.client()
  for (const work of [redlock.forceRelease('a'), redlock.isLocked('a'), redlock.acquire('a')]) {
    const error = await world.clock.runToError(work)
    expect(error).toBeInstanceOf(first.LockMisuseError)
    expect(error.message).toMatch(/3 of 3 nodes reject the request permanently.* \(n1: WRONGTYPE no string; /)
  }
})
