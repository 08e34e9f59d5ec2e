import { describe, expect, test } from '@jest/globals'
import type { RedlockOptions } from '../../src/options.js'
import { World } from '../support/world.js'

/** Five nodes, the first three of which answer faster. */
function worldOf(options: Partial<RedlockOptions> = {}) {
  const world = new World(5)
  for (const [index, node] of world.nodes.entries()) node.delay = index < 3 ? 1 : 2
  return { world, clock: world.clock, redlock: world.client({ spread: 'soon', ...options }) }
}

const asked = (world: World): number[] => world.nodes.map((node) => node.sent('acquire'))
const released = (world: World): number[] => world.nodes.map((node) => node.sent('release'))

describe.each(['soon', 'quorum'] as const)('with spread: %s', (spread) => {
  test('a lock that nobody else wants costs a quorum of nodes one acquire and one release', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    const lock = await clock.run(redlock.acquire('a'))
    await clock.run(lock.release())
    await clock.advance(10_000)
    expect(world.commands).toBe(6)
    expect(asked(world).reduce((sum, count) => sum + count)).toBe(3)
    expect(released(world)).toEqual(asked(world))
    expect(world.holders('a')).toEqual([])
  })

  test('votes say which nodes were not asked', async () => {
    const { clock, redlock } = worldOf({ spread })
    const lock = await clock.run(redlock.acquire('a'))
    expect(lock.votes.filter(({ vote }) => vote === 'granted')).toHaveLength(3)
    const others = lock.votes.filter(({ vote }) => vote !== 'granted')
    expect(others.map(({ vote, reason }) => `${vote}: ${reason}`)).toEqual(
      Array(2).fill('failed: not asked, because a quorum had granted it'),
    )
  })

  test('after a refusal the others are asked at once, and win the lock', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    await clock.run((await clock.run(redlock.acquire('warm'))).release())
    const refusing = world.nodes.find((node) => node.sent('acquire') === 1)!
    refusing.script = (command) =>
      command.kind === 'acquire' ? { vote: 'refused', reason: 'held', remaining: 1_000 } : undefined
    const began = clock.monotonic()
    const lock = await clock.run(redlock.acquire('a'))
    expect(clock.monotonic() - began).toBeLessThan(10)
    expect(world.holders('a')).toHaveLength(4)
    await clock.run(lock.release())
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
  })

  test('a slow node is not waited for, and not asked first again for a while', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    await clock.run((await clock.run(redlock.acquire('warm'))).release())
    const slow = world.nodes.find((node) => node.sent('acquire') === 1)!
    slow.delay = 200
    const began = clock.monotonic()
    await clock.run(redlock.acquire('a'))
    expect(clock.monotonic() - began).toBeLessThan(20)
    await clock.advance(150)
    const before = slow.sent('acquire')
    for (const resource of ['b', 'c', 'd'])
      await clock.run((await clock.run(redlock.acquire(resource))).release())
    expect(slow.sent('acquire')).toBe(before)
  })

  test('a node that cannot be asked makes the others be asked at once', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    for (const node of world.nodes.slice(0, 2)) node.disconnect()
    await clock.run(redlock.acquire('a'))
    expect(world.holders('a')).toEqual(['n3', 'n4', 'n5'])
  })

  test('whoever waits asks all nodes', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    await clock.run(redlock.acquire('a', { autoExtend: false }))
    const waiting = redlock.acquire('a', { wait: 100 })
    await clock.advance(50)
    expect(world.nodes.every((node) => node.waitersOf('lock:a').length === 1)).toBe(true)
    await expect(clock.run(waiting)).rejects.toMatchObject({ code: 'CONTENDED' })
  })

  test('an acquire that is aborted asks nobody else, and leaves nothing behind', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    const controller = new AbortController()
    world.node(0).script = (command) =>
      command.kind === 'acquire' ? { vote: 'refused', reason: 'held', remaining: 1_000 } : undefined
    const acquiring = redlock.acquire('a', { signal: controller.signal })
    controller.abort(new Error('no longer wanted'))
    await expect(clock.run(acquiring)).rejects.toThrow('no longer wanted')
    await clock.advance(1_000)
    expect(asked(world).reduce((sum, count) => sum + count)).toBe(3)
    expect(world.holders('a')).toEqual([])
  })

  test('a lock that is left to expire, or passed on, goes to all nodes first', async () => {
    const { world, clock, redlock } = worldOf({ spread })
    const detached = await clock.run(redlock.acquire('a'))
    detached.detach()
    const serialized = await clock.run(redlock.acquire('b'))
    serialized.toJSON()
    await clock.advance(4)
    expect(world.holders('a')).toHaveLength(5)
    expect(world.holders('b')).toHaveLength(5)
  })
})

test.each([
  ['soon', 5],
  ['quorum', 1_000],
] as const)(
  'with spread: %s a lock that is held for longer goes to all nodes after %i ms',
  async (spread, delay) => {
    const { world, clock, redlock } = worldOf({ spread, ttl: 6_000, fencing: true })
    const lock = await clock.run(redlock.acquire('a'))
    const began = lock.acquiredAt
    await clock.advance(delay - 3)
    expect(world.holders('a')).toHaveLength(3)
    await clock.advance(10)
    expect(world.holders('a')).toHaveLength(5)
    expect(lock.votes.every(({ vote }) => vote === 'granted')).toBe(true)
    const ends = world.nodes.map((node) => node.state.locks.get('lock:a')!.expiresAt)
    // No longer than on the nodes that granted it, up to the clocks' resolution.
    expect(Math.max(...ends) - began).toBeLessThan(6_010)
    expect(new Set(world.nodes.map((node) => node.state.counters.get('lock:a')?.token)).size).toBe(1)
    await clock.run(lock.release())
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
  },
)

test('with spread: all every node is asked at once', async () => {
  const { world, clock, redlock } = worldOf({ spread: 'all' })
  void clock.run(redlock.acquire('a'))
  await clock.advance(0)
  expect(asked(world)).toEqual([1, 1, 1, 1, 1])
})

test('nodes that cannot extend a lock are all asked at once, because they cannot be given it later', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.lacks = ['extend']
  await world.clock.run(world.client({ spread: 'quorum', autoExtend: false }).acquire('a'))
  expect(asked(world)).toEqual([1, 1, 1, 1, 1])
})

test('a lock whose release is answered by one of the nodes that store it is released', async () => {
  const { world, clock, redlock } = worldOf({ spread: 'quorum' })
  const lock = await clock.run(redlock.acquire('a'))
  const [first, ...others] = world.nodes.filter((node) => node.holds('lock:a') !== undefined)
  for (const node of others) node.freeze()
  expect(await clock.run(lock.release())).toBe('released')
  expect(first!.holds('lock:a')).toBeUndefined()
  const rival = await clock.run(world.client({ spread: 'quorum' }).tryAcquire('a'))
  expect(rival).not.toBeNull()
})

test('a release that finds the lock gone everywhere does not wait for nodes that do not answer', async () => {
  const { world, clock, redlock } = worldOf({ spread: 'all' })
  const lock = await clock.run(redlock.acquire('a'))
  await clock.advance(10)
  for (const node of world.nodes.slice(0, 3)) node.state.locks.clear()
  for (const node of world.nodes.slice(3)) node.freeze()
  const began = clock.monotonic()
  expect(await clock.run(lock.release())).toBe('expired')
  expect(clock.monotonic() - began).toBeLessThan(20)
})

test('nodes that are asked in a second step have their full time before they are suspect', async () => {
  const { world, clock, redlock } = worldOf({ ttl: 1_000, nodeTimeout: 60 })
  await clock.run((await clock.run(redlock.acquire('warm'))).release())
  const [slow, ...others] = world.nodes
  slow!.freeze()
  // 56 ms each: within 60 ms of being asked, but not of the beginning of the round.
  for (const node of others.filter((one) => one.sent('acquire') === 0)) node.delay = 28
  await clock.run(redlock.acquire('a', { wait: 0 }))
  await clock.advance(64)
  expect(
    redlock
      .health()
      .filter(({ state }) => state === 'suspect')
      .map(({ name }) => name),
  ).toEqual([])
})

test('a node that was not asked and answers no repair becomes suspect', async () => {
  const { world, clock, redlock } = worldOf({ ttl: 10_000, nodeTimeout: 60 })
  const lock = await clock.run(redlock.acquire('a'))
  const spared = world.nodes.find((node) => node.sent('acquire') === 0)!
  spared.freeze()
  await clock.advance(10)
  expect(spared.sent('repair')).toBe(1)
  await clock.advance(60)
  expect(redlock.health().find(({ name }) => name === spared.name)?.state).toBe('suspect')
  await clock.run(lock.release())
})
