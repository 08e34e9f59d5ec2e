import { describe, expect, test } from '@jest/globals'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

test('close releases held locks, ends waits and closes the nodes exactly once', async () => {
  const world = new World(3)
  const redlock = world.client()
  const [a, b] = await world.clock.run(Promise.all([redlock.acquire('a'), redlock.acquire('b')]))
  b.detach()
  const waits = [
    redlock.acquire('a'),
    redlock.acquire('a', { fair: false }),
    redlock.waitForUnlock('a', { timeout: Infinity }),
    redlock.using('a', () => 1),
  ].map((work) => work.catch((error: unknown) => error))
  await world.clock.advance(500)
  const closing = redlock.close()
  expect(redlock.close()).toBe(closing)
  await world.clock.run(Promise.all([closing, redlock[Symbol.asyncDispose]()]))
  for (const outcome of await world.clock.run(Promise.all(waits))) {
    expect(outcome).toMatchObject({ code: 'CLOSED' })
  }
  expect(a.held).toBe(false)
  expect(await a.release()).toBe('released')
  await world.clock.advance(10)
  expect(world.holders('a')).toEqual([])
  expect(world.holders('b')).toHaveLength(3)
  expect(world.waiters('a')).toBe(0)
  expect(world.nodes.map(({ closed }) => closed)).toEqual([1, 1, 1])
  expect(world.clock.timersHolding).toBe(0)
  const { commands } = world
  await world.clock.advance(120_000)
  expect(world.commands).toBe(commands)
  expect(world.clock.timersActive).toBe(0)
})

test('work under a lock is notified of a close: its signal aborts, and `using` rejects', async () => {
  const world = new World(3)
  const redlock = world.client()
  const reasons: unknown[] = []
  const using = redlock.using(
    'a',
    ({ signal }) =>
      new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason)
          resolve()
        }),
      ),
  )
  const outcome = using.catch((error: unknown) => error)
  await settle()
  await world.clock.run(redlock.close())
  const error = await world.clock.run(outcome)
  expect(error).toMatchObject({ code: 'LOST', reason: 'closed', resources: ['a'] })
  expect(reasons).toEqual([error])
})

test('after close every acquisition rejects with an error that gives the reason', async () => {
  const world = new World(3)
  const redlock = world.client()
  await world.clock.run(redlock.close())
  for (const work of [
    () => redlock.acquire('a'),
    () => redlock.tryAcquire('a'),
    () => redlock.using('a', () => 1),
    () => redlock.getLock('a').acquire(),
    () => redlock.waitForUnlock('a'),
  ]) {
    const error = await world.clock.runToError(work())
    expect(error).toMatchObject({ code: 'CLOSED', resources: ['a'] })
    expect(error.message).toContain('this Redlock is closed')
  }
  expect(world.commands).toBe(0)
})

describe('the time limit of close', () => {
  test('close ends in time when nodes stop responding in the middle of other calls', async () => {
    const world = new World(5)
    const redlock = world.client()
    await world.clock.run(Promise.all([redlock.acquire('a'), redlock.acquire('b')]))
    for (const node of world.nodes) node.freeze()
    const waits = [redlock.acquire('a'), redlock.tryAcquire('c')].map((work) =>
      work.catch((error: unknown) => error),
    )
    await world.clock.advance(100)
    const took = await world.clock.time(redlock.close())
    expect(took).toBeLessThanOrEqual(3_100)
    for (const error of await Promise.all(waits)) expect(error).toMatchObject({ code: 'CLOSED' })
    expect(world.clock.timersHolding).toBe(0)
    await world.clock.advance(60_000)
    expect(world.clock.timersActive).toBe(0)
  })

  test('close ends in time when nodes never finish closing', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.close = () => new Promise<void>(() => undefined) as never
    expect(await world.clock.time(world.client().close())).toBeLessThanOrEqual(2_000)
  })

  test('close ends at once when nodes fail to close', async () => {
    const world = new World(3)
    for (const node of world.nodes) {
      node.close = () => {
        throw new Error('no')
      }
    }
    expect(await world.clock.time(world.client().close())).toBe(0)
  })

  test('close ends in time when no node is connected', async () => {
    const world = new World(3)
    const redlock = world.client()
    await world.clock.run(redlock.acquire('a'))
    for (const node of world.nodes) node.disconnect()
    expect(await world.clock.time(redlock.close())).toBeLessThanOrEqual(1)
  })
})

test.each([true, false])('a lock that is granted during close is released (fair: %p)', async (fair) => {
  for (let at = 0; at <= 24; at += 2) {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 10
    const redlock = world.client({ fair })
    const work = redlock.acquire('a').catch((error: unknown) => error)
    await world.clock.advance(at)
    await world.clock.run(redlock.close())
    const outcome = await world.clock.run(work)
    if (at < 20) expect(outcome).toMatchObject({ code: 'CLOSED' })
    await world.clock.advance(100)
    expect(world.holders('a')).toEqual([])
    expect(world.waiters('a')).toBe(0)
  }
})

test('close waits for rollbacks in flight', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 10
  const redlock = world.client()
  const work = redlock.acquire('a').catch(() => undefined)
  await world.clock.advance(5)
  await world.clock.run(redlock.close())
  await work
  expect(world.holders('a')).toEqual([])
})

test('using a handle after close has no effect', async () => {
  const world = new World(3)
  const redlock = world.client()
  const lock = await world.clock.run(redlock.acquire('a'))
  const detached = await world.clock.run(redlock.acquire('b', { ttl: 2_000 }))
  detached.detach()
  await world.clock.run(redlock.close())
  expect(await world.clock.runToError(lock.extend())).toMatchObject({ code: 'LOST', reason: 'closed' })
  expect(() => lock.assertHeld()).toThrow('was released: its Redlock was closed')
  lock.detach()
  await world.clock.run(detached.extend().catch(() => undefined))
  await world.clock.run(detached.release())
  await settle()
  await world.clock.advance(60_000)
  expect(world.clock.timersActive).toBe(0)
})
