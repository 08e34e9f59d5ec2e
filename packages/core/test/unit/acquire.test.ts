import { describe, expect, test } from '@jest/globals'
import type { LockContendedError, QuorumLockError } from '../../src/errors.js'
import { World } from '../support/world.js'

test.each([1, 2, 3, 4, 5, 6, 7])(
  'a lock on %i nodes is acquired everywhere and released everywhere',
  async (size) => {
    const world = new World(size)
    const redlock = world.client()
    const lock = await world.clock.run(redlock.acquire('a'))
    await world.clock.advance(0)
    expect(world.holders('a')).toHaveLength(size)
    expect(await world.clock.run(lock.release())).toBe('released')
    await world.clock.advance(0)
    expect(world.holders('a')).toHaveLength(0)
    expect(redlock.quorum).toBe(Math.floor(size / 2) + 1)
  },
)

test('an uncontended lock costs each node one acquire and one release', async () => {
  const world = new World(5)
  const lock = await world.clock.run(world.client().acquire('a'))
  await world.clock.run(lock.release())
  await world.clock.advance(60_000)
  for (const node of world.nodes) expect(node.log.map(({ kind }) => kind)).toEqual(['acquire', 'release'])
})

test('every attempt has a unique value', async () => {
  const world = new World(3)
  await world.clock.run(world.client().acquire('a'))
  const other = world.client({ fair: false, wait: 2_000 })
  await world.clock.runToError(other.acquire('a'))
  const values = world.node(0).log.flatMap((command) => (command.kind === 'acquire' ? [command.value] : []))
  expect(values.length).toBeGreaterThan(3)
  expect(new Set(values).size).toBe(values.length)
})

test('a node grants all of several resources or none, in one order for every client', async () => {
  const world = new World(3)
  const redlock = world.client()
  const b = await world.clock.run(redlock.acquire('b'))
  expect(await world.clock.run(redlock.tryAcquire(['c', 'b', 'a', 'b']))).toBeNull()
  expect([world.holders('a'), world.holders('c')]).toEqual([[], []])
  await world.clock.run(b.release())
  const all = await world.clock.run(redlock.acquire(['c', 'b', 'a', 'b']))
  expect(all.resources).toEqual(['a', 'b', 'c'])
  expect(world.node(0).log.at(-1)).toMatchObject({ keys: ['lock:a', 'lock:b', 'lock:c'] })
})

describe('a tied vote', () => {
  test.each([2, 4])(
    'a tie among %i nodes settles at once, and the loser leaves nothing behind',
    async (size) => {
      const world = new World(size)
      const [one, two] = [world.client(), world.client()]
      for (const node of world.nodes) node.delay = 10
      // Each client reaches half of the nodes first.
      world.nodes.forEach((node, index) => {
        let calls = 0
        node.delay = () => (calls++ === 0 && index < size / 2 ? 20 : 10)
      })
      const first = one.tryAcquire('a')
      world.nodes.forEach((node, index) => {
        let calls = 0
        node.delay = () => (calls++ === 0 && index >= size / 2 ? 20 : 10)
      })
      const second = two.tryAcquire('a')
      const took = await world.clock.time(Promise.all([first, second]), 1_000)
      expect(took).toBeLessThan(100)
      expect([await first, await second].filter((lock) => lock !== null).length).toBeLessThanOrEqual(1)
      await world.clock.advance(100)
      if ((await first) === null && (await second) === null) expect(world.holders('a')).toEqual([])
    },
  )

  test.each([2, 4])('a tie among %i nodes that persists ends with the wait', async (size) => {
    const world = new World(size)
    for (const node of world.nodes.slice(size / 2)) {
      node.script = ({ kind }) =>
        kind === 'acquire' ? { vote: 'refused', reason: 'held', remaining: 60_000 } : undefined
    }
    for (const fair of [true, false]) {
      const work = world.client({ fair }).acquire('a', { wait: 2_000 })
      const start = world.clock.monotonic()
      const error = await world.clock.runToError(work, 5_000)
      expect(error.code).toBe('CONTENDED')
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(2_100)
      await world.clock.advance(10)
      expect(world.holders('a')).toEqual([])
      expect(world.waiters('a')).toBe(0)
    }
  })
})

test('what a lost attempt had acquired does not block the next one', async () => {
  for (const fair of [true, false]) {
    const world = new World(5)
    const strangers = [0, 1, 2].map((index) => world.node(index))
    for (const node of strangers) {
      node.state.locks.set('lock:a', { value: 'stranger', expiresAt: node.now() + 200 })
    }
    const took = await world.clock.time(world.client({ fair, ttl: 10_000 }).acquire('a'))
    // As soon as the TTL of the other value is over, not after the TTL of this client.
    expect(took).toBeLessThan(fair ? 210 : 600)
  }
})

describe('frozen and dead nodes', () => {
  test('one of five frozen costs nothing', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    world.node(0).freeze()
    const redlock = world.client()
    for (let round = 0; round < 50; round++) {
      const start = world.clock.monotonic()
      const lock = await world.clock.run(redlock.acquire('a'))
      await world.clock.run(lock.release())
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(4)
      await world.clock.advance(50)
    }
    // It receives only the commands sent before it was noticed, and probes.
    expect(world.node(0).log.filter(({ kind }) => kind !== 'greet').length).toBeLessThan(50)
    expect(redlock.health()[0]).toMatchObject({ name: 'n1', state: 'suspect' })
    world.node(0).thaw()
    await world.clock.advance(11_000)
    expect(redlock.health()[0]).toMatchObject({ state: 'up', pendingReleases: 0, pending: 0 })
    expect(world.holders('a')).toEqual([])
  })

  test('one of five dead costs nothing', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    world.node(3).disconnect()
    const redlock = world.client()
    expect(await world.clock.time(redlock.using('a', () => 1))).toBeLessThanOrEqual(4)
    expect(world.node(3).log).toEqual([])
    expect(redlock.health()[3]).toMatchObject({ state: 'down', pendingReleases: 0 })
  })

  test.each([true, false])(
    'with three of five frozen, the call ends with the wait (fair: %p)',
    async (fair) => {
      const world = new World(5)
      for (const node of world.nodes.slice(0, 3)) node.freeze()
      const redlock = world.client({ fair })
      const start = world.clock.monotonic()
      const error = await world.clock.runToError(redlock.acquire('a', { wait: 300 }), 2_000)
      expect(error.code).toBe('UNAVAILABLE')
      expect(error.message).toContain('"a"')
      expect(error.message).toContain('n1: no answer within')
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(350)
    },
  )

  test.each([100, 20_000, 200_000])(
    'with three of five frozen, the attempts leave nothing behind once the nodes work again %i ms later',
    async (frozenFor) => {
      const world = new World(5)
      for (const node of world.nodes.slice(0, 3)) node.freeze()
      const redlock = world.client({ ttl: 10_000 })
      await world.clock.runToError(redlock.acquire('a', { wait: 1_000 }))
      await world.clock.advance(frozenFor)
      expect(world.holders('a')).toEqual([])
      for (const node of world.nodes) node.thaw()
      await world.clock.advance(1)
      expect(world.holders('a')).toEqual([])
      expect(world.waiters('a')).toBe(0)
      expect(redlock.health().map(({ pendingReleases }) => pendingReleases)).toEqual([0, 0, 0, 0, 0])
    },
  )

  test('a call that no node can answer still yields to the event loop, so an immediate retry cannot hang the process', async () => {
    const world = new World(3)
    for (const node of world.nodes.slice(0, 2)) node.disconnect()
    world.node(2).freeze()
    const redlock = world.client()
    let code: unknown
    void redlock.tryAcquire('a').catch((error: unknown) => (code = (error as QuorumLockError).code))
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
    expect(code).toBeUndefined()
    await world.clock.advance(1)
    expect(code).toBe('UNAVAILABLE')
  })

  test('a last round that the wait cuts short does not hide that the lock is held', async () => {
    const world = new World(3)
    const holder = world.client()
    await world.clock.run(holder.acquire('a'))
    for (const node of world.nodes) node.delay = 60
    const other = world.client({ fair: false, retryInterval: 1 })
    const error = await world.clock.runToError(other.acquire('a', { wait: 200 }))
    expect(error.code).toBe('CONTENDED')
  })

  test('a round that the wait cuts short does not mark a slow node as unresponsive', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 100
    const redlock = world.client()
    const error = await world.clock.runToError(redlock.acquire('a', { wait: 60 }))
    expect(error.code).toBe('UNAVAILABLE')
    expect(redlock.health().map(({ state }) => state)).toEqual(['up', 'up', 'up'])
    await world.clock.advance(2_000)
    expect(redlock.health().map(({ state }) => state)).toEqual(['up', 'up', 'up'])
    expect(world.holders('a')).toEqual([])
  })

  test('with one node frozen and two clients there are never two holders', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    world.node(4).freeze()
    const [one, two] = [world.client({ ttl: 1_000 }), world.client({ ttl: 1_000 })]
    const lock = await world.clock.run(one.acquire('a'))
    for (let time = 0; time < 3_000; time += 100) {
      expect(await world.clock.run(two.tryAcquire('a'))).toBeNull()
      expect(lock.held).toBe(true)
      await world.clock.advance(100)
      if (time === 1_500) world.node(4).thaw()
    }
  })
})

test('slow nodes with a short TTL never lead to a lock that has expired', async () => {
  for (const delay of [100, 140, 146, 147, 148, 149, 150, 151, 200]) {
    const world = new World(5)
    for (const node of world.nodes) node.delay = delay
    const redlock = world.client({ ttl: 300, wait: 0, nodeTimeout: 299, autoExtend: false })
    const start = world.clock.monotonic()
    const outcome = await world.clock.run(
      redlock.acquire('a').catch((error: unknown) => error as LockContendedError),
    )
    if ('remaining' in outcome) {
      expect(outcome.remaining()).toBeGreaterThan(0)
      expect(world.clock.monotonic() - start).toBeLessThan(300 - 5)
    } else {
      expect(2 * delay).toBeGreaterThanOrEqual(295)
      expect(outcome.code).toBe('UNAVAILABLE')
      await world.clock.advance(1_000)
      expect(world.holders('a')).toEqual([])
    }
  }
})

test('a wall clock that jumps forward during the round counts, so the lock is not granted', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 10
  const work = world.client({ ttl: 1_000 }).acquire('a', { wait: 0 })
  world.clock.after(5, () => world.clock.stepWall(2_000))
  const error = await world.clock.runToError(work)
  expect(error.code).toBe('UNAVAILABLE')
  await world.clock.advance(100)
  expect(world.holders('a')).toEqual([])
})

test('a wall clock that jumps back does not make a lock last longer', async () => {
  const world = new World(3)
  const lock = await world.clock.run(world.client({ ttl: 1_000, autoExtend: false }).acquire('a'))
  world.clock.stepWall(-3_600_000)
  await world.clock.advance(988)
  expect(lock.held).toBe(false)
})

test('a node that disconnects during a round may hold the key, so it receives a release when it is back', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 10
  world.node(1).disconnect()
  world.node(2).script = ({ kind }) =>
    kind === 'acquire' ? { vote: 'refused', reason: 'held', remaining: 10 } : undefined
  const work = world.client().acquire('a', { wait: 0 })
  world.clock.after(15, () => world.node(0).disconnect())
  world.clock.after(500, () => world.node(0).reconnect())
  expect((await world.clock.runToError(work)).code).toBe('UNAVAILABLE')
  expect(world.holders('a')).toEqual(['n1'])
  await world.clock.advance(600)
  expect(world.holders('a')).toEqual([])
})

test('late grants of a lost round are released, those of a won round are kept', async () => {
  const world = new World(5)
  for (const node of world.nodes.slice(0, 3)) {
    node.state.locks.set('lock:a', { value: 'other', expiresAt: Infinity })
  }
  for (const node of world.nodes.slice(3)) node.delay = 200
  const redlock = world.client()
  expect(await world.clock.run(redlock.tryAcquire('a'))).toBeNull()
  await world.clock.advance(1_000)
  expect(world.holders('a')).toEqual(['n1', 'n2', 'n3'])

  const lock = await world.clock.run(redlock.acquire('b'))
  expect(lock.votes.map(({ vote }) => vote)).toEqual(['granted', 'granted', 'granted', 'unknown', 'unknown'])
  await world.clock.advance(400)
  expect(lock.votes.map(({ vote }) => vote)).toEqual(Array(5).fill('granted'))
  expect(world.holders('b')).toHaveLength(5)
})

test('a lost attempt sends no node the same command twice', async () => {
  const world = new World(5)
  const [one, two] = [world.client(), world.client()]
  for (const node of world.nodes.slice(0, 2)) {
    node.state.locks.set('lock:a', { value: 'other', expiresAt: Infinity })
  }
  world.node(2).state.locks.set('lock:a', { value: 'other', expiresAt: Infinity })
  await world.clock.run(one.tryAcquire('a'))
  await world.clock.advance(100)
  for (const node of world.nodes.slice(3))
    expect(node.log.map(({ kind }) => kind)).toEqual(['acquire', 'release'])
  for (const node of world.nodes.slice(0, 3)) expect(node.log.map(({ kind }) => kind)).toEqual(['acquire'])
  await world.clock.run(two.isLocked('a'))
})

describe('nodes that violate the port', () => {
  test.each(['answersAtOnce', 'answersTwice'] as const)(
    'votes are counted correctly for a node with the fault %s',
    async (fault) => {
      const world = new World(5)
      for (const node of world.nodes) node[fault] = true
      const redlock = world.client()
      const lock = await world.clock.run(redlock.acquire('a'))
      expect(await world.clock.run(world.client().tryAcquire('a'))).toBeNull()
      expect(await world.clock.run(lock.release())).toBe('released')
      await world.clock.advance(10)
      expect(redlock.health().map(({ pending }) => pending)).toEqual([0, 0, 0, 0, 0])
      expect(world.holders('a')).toEqual([])
    },
  )

  test('a node whose send() throws has an unknown vote and hides no other node', async () => {
    const world = new World(3)
    world.node(0).throws = new Error('boom')
    const redlock = world.client()
    const lock = await world.clock.run(redlock.acquire('a'))
    expect(lock.votes[0]).toMatchObject({ vote: 'unknown', reason: expect.stringContaining('boom') })
    world.node(1).throws = new Error('boom')
    const error = await world.clock.runToError(redlock.acquire('b', { wait: 0 }))
    expect(error.code).toBe('UNAVAILABLE')
    expect(error.cause).toMatchObject({ message: 'boom' })
    await world.clock.advance(10)
    expect(world.holders('b')).toEqual([])
  })
})

test('a quorum larger than a majority is required in full', async () => {
  const world = new World(5)
  const redlock = world.client({ quorum: 4 })
  world.node(0).disconnect()
  const lock = await world.clock.run(redlock.acquire('a'))
  expect(await world.clock.run(lock.release())).toBe('released')
  world.node(1).disconnect()
  expect((await world.clock.runToError(redlock.acquire('a', { wait: 0 }))).code).toBe('UNAVAILABLE')
  await world.clock.advance(10)
  expect(world.holders('a')).toEqual([])
})

test('a wrong key type or a missing permission ends the wait at once with a message that says what to fix', async () => {
  for (const fair of [true, false]) {
    const world = new World(3)
    for (const node of world.nodes.slice(0, 2)) {
      node.script = () => ({ vote: 'failed', reason: 'WRONGTYPE', misuse: true })
    }
    const start = world.clock.monotonic()
    const error = await world.clock.runToError(world.client({ fair }).acquire('a'))
    expect(error.code).toBe('MISUSE')
    expect(error.message).toContain('Check the type of the key')
    expect(world.clock.monotonic() - start).toBeLessThan(5)
    await world.clock.advance(10)
    expect(world.holders('a')).toEqual([])
  }
})

test.each([true, false])(
  'a wrong key type on nodes that answer after the round was lost ends the wait too (fair: %s)',
  async (fair) => {
    const world = new World(5)
    await world.clock.run(world.client().acquire('a', { autoExtend: false }))
    for (const [index, node] of world.nodes.slice(2).entries()) {
      node.delay = 5 + 10 * index
      node.script = () => ({ vote: 'failed', reason: 'WRONGTYPE', misuse: true })
    }
    const start = world.clock.monotonic()
    const error = await world.clock.runToError(world.client({ fair }).acquire('a'))
    expect(error.code).toBe('MISUSE')
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(1_100)
  },
)

test('tryAcquire returns null only under contention, and rejects if the quorum is unavailable', async () => {
  const world = new World(3)
  await world.clock.run(world.client().acquire('a'))
  const redlock = world.client()
  expect(await world.clock.run(redlock.tryAcquire('a'))).toBeNull()
  expect(await world.clock.run(redlock.tryUsing('a', () => 1))).toEqual({ acquired: false })
  world.node(0).disconnect()
  world.node(1).disconnect()
  expect((await world.clock.runToError(redlock.tryAcquire('a'))).code).toBe('UNAVAILABLE')
  expect((await world.clock.runToError(redlock.tryUsing('a', () => 1))).code).toBe('UNAVAILABLE')
})

test('unfair waiting sends a bounded number of commands and respects the remaining TTL', async () => {
  const world = new World(3)
  await world.clock.run(world.client({ autoExtend: false, ttl: 5_000 }).acquire('a'))
  const redlock = world.client({ fair: false, retryInterval: 100, wait: 20_000 })
  const took = await world.clock.time(redlock.acquire('a'))
  expect(took).toBeGreaterThanOrEqual(5_000)
  expect(took).toBeLessThan(5_000 + 100)
  expect(world.node(0).sent('acquire')).toBeLessThan(40)
})
