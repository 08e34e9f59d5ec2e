import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

describe('isLocked', () => {
  test('isLocked follows a majority', async () => {
    const world = new World(5)
    const redlock = world.client()
    expect(await world.clock.run(redlock.isLocked('a'))).toBe(false)
    const lock = await world.clock.run(redlock.acquire('a'))
    expect(await world.clock.run(world.client().isLocked('a'))).toBe(true)
    await world.clock.run(lock.release())
    await world.clock.advance(0)
    expect(await world.clock.run(redlock.isLocked('a'))).toBe(false)
    for (const node of world.nodes.slice(0, 2)) {
      node.state.locks.set('lock:a', { value: 'left over', expiresAt: Infinity })
    }
    expect(await world.clock.run(redlock.isLocked('a'))).toBe(false)
    for (const node of world.nodes) {
      node.state.locks.set('lock:a', { value: `different ${node.name}`, expiresAt: Infinity })
    }
    expect(await world.clock.run(redlock.isLocked('a'))).toBe(false)
  })

  test('isLocked does not wait for an unresponsive node if the others are enough', async () => {
    const world = new World(5)
    await world.clock.run(world.client().acquire('a'))
    await world.clock.advance(0)
    world.node(0).freeze()
    world.node(1).freeze()
    expect(await world.clock.time(world.client().isLocked('a'))).toBe(0)
    expect(await world.clock.time(world.client().isLocked('b'))).toBe(0)
  })

  test('isLocked returns true if unresponsive nodes could make it so', async () => {
    const world = new World(5)
    world.node(0).freeze()
    world.node(1).freeze()
    world.node(2).state.locks.set('lock:a', { value: 'v', expiresAt: Infinity })
    expect(await world.clock.run(world.client().isLocked('a'))).toBe(true)
  })

  test('isLocked rejects if too few nodes answer', async () => {
    const world = new World(3)
    world.node(0).disconnect()
    world.node(1).freeze()
    const error = await world.clock.runToError(world.client().isLocked('a'))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', resources: ['a'] })
    expect(error.votes).toHaveLength(3)
  })
})

describe('waitForUnlock', () => {
  test('waitForUnlock resolves to true at once if the resource is free, and leaves nothing behind', async () => {
    const world = new World(3)
    expect(await world.clock.run(world.client().waitForUnlock('a'))).toBe(true)
    expect(world.nodes.map((node) => node.log.map(({ kind }) => kind))).toEqual(Array(3).fill(['inspect']))
  })

  test('waitForUnlock resolves to true as soon as the lock is released, and to false after its timeout', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    const lock = await world.clock.run(world.client().acquire('a'))
    const watcher = world.client()
    expect(await world.clock.run(watcher.waitForUnlock('a', { timeout: 500 }))).toBe(false)
    const work = watcher.waitForUnlock('a')
    await world.clock.advance(1_700)
    const start = world.clock.monotonic()
    void lock.release()
    expect(await world.clock.run(work)).toBe(true)
    expect(world.clock.monotonic() - start).toBeLessThanOrEqual(5)
    await world.clock.advance(10)
    expect(world.waiters('a')).toBe(0)
  })

  test('waitForUnlock misses no release that happens during its check', async () => {
    for (let at = 0; at <= 40; at++) {
      const world = new World(3)
      const lock = await world.clock.run(world.client().acquire('a'))
      const watcher = world.client()
      const first = watcher.waitForUnlock('a', { timeout: 50 })
      await world.clock.run(first)
      world.nodes.forEach((node, index) => (node.delay = 5 + 5 * index))
      const work = watcher.waitForUnlock('a')
      world.clock.after(at, () => void lock.release())
      const start = world.clock.monotonic()
      expect(await world.clock.run(work)).toBe(true)
      expect(world.clock.monotonic() - start).toBeLessThan(at + 100)
    }
  })

  test('waitForUnlock handles a wake-up that overtakes the answer to its own check', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client().acquire('a'))
    const watcher = world.client()
    await world.clock.run(watcher.waitForUnlock('a', { timeout: 50 }))
    for (const node of world.nodes) {
      node.intercept = ({ kind }, execute, answer) => {
        if (kind !== 'inspect') return false
        const seen = execute()
        world.clock.after(50, () => {
          answer(seen)
        })
        return true
      }
    }
    const work = watcher.waitForUnlock('a')
    world.clock.after(10, () => void lock.release())
    expect(await world.clock.time(work)).toBeLessThanOrEqual(100)
    expect(await work).toBe(true)
  })

  test('waitForUnlock resolves to true when the lock of a crashed holder expires', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client({ ttl: 2_500 }).acquire('a'))
    lock.detach()
    expect(await world.clock.time(world.client().waitForUnlock('a'))).toBeLessThanOrEqual(2_510)
  })

  test('waitForUnlock never delays a waiter', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 1
    const lock = await world.clock.run(world.client().acquire('a'))
    const watchers = [1, 2, 3].map(() => world.client().waitForUnlock('a'))
    await world.clock.advance(100)
    const tried = world.client().acquire('a')
    await world.clock.advance(100)
    void lock.release()
    expect(await world.clock.time(tried)).toBeLessThanOrEqual(5)
    const next = await tried
    expect((await world.clock.run(world.client().inspect('a'))).waiters).toBe(0)
    await world.clock.run(next.release())
    expect(await world.clock.run(Promise.all(watchers))).toEqual([true, true, true])
  })

  test('waitForUnlock obeys an abort and a close', async () => {
    const world = new World(3)
    await world.clock.run(world.client().acquire('a'))
    const stop = new AbortController()
    const watcher = world.client()
    const aborted = world.clock.runToError(watcher.waitForUnlock('a', { signal: stop.signal }))
    world.clock.after(100, () => stop.abort('stop'))
    expect(await aborted).toBe('stop')
    const closed = world.clock.runToError(watcher.waitForUnlock('a', { timeout: Infinity }))
    await settle()
    void watcher.close()
    expect(await closed).toMatchObject({ code: 'CLOSED' })
    await world.clock.advance(3_100)
    expect(world.clock.timersHolding).toBe(0)
  })

  test('waitForUnlock sends a bounded number of commands regardless of its duration', async () => {
    const world = new World(3)
    await world.clock.run(world.client().acquire('a'))
    await world.clock.run(world.client().waitForUnlock('a', { timeout: 60_000 }))
    expect(world.node(0).sent('inspect')).toBeLessThan(70)
  })
})

const digest = (value: string) => createHash('sha256').update(value).digest('hex').slice(0, 16)

test('inspect reports the holder, the waiters and the answer of each node', async () => {
  const world = new World(3)
  const lock = await world.clock.run(world.client({ fencing: true }).acquire('a'))
  const waiting = world.client().acquire('a')
  await world.clock.advance(100)
  const [waiter] = world.node(0).waitersOf('lock:a')
  world.node(2).disconnect()
  const seen = await world.clock.run(world.client().inspect('a'))
  expect(seen).toMatchObject({ locked: true, remaining: 29_900, waiters: 1 })
  expect(seen.nodes[0]).toMatchObject({
    node: 'n1',
    vote: 'granted',
    holder: digest(lock.value),
    remaining: 29_900,
    waiters: [digest(waiter!)],
    token: String(lock.token),
  })
  expect(seen.nodes[2]).toMatchObject({
    node: 'n3',
    vote: 'failed',
    reason: 'not connected',
    holder: null,
    remaining: null,
    waiters: [],
    token: '0',
  })
  const printed = JSON.stringify(seen)
  expect(JSON.parse(printed)).toEqual(seen)
  for (const secret of [lock.value, waiter!]) expect(printed).not.toContain(secret)
  await world.clock.run(lock.release())
  await world.clock.run((await world.clock.run(waiting)).release())
  expect(await world.clock.run(world.client().inspect('b'))).toMatchObject({
    locked: false,
    remaining: 0,
    waiters: 0,
  })
})

describe('forceRelease', () => {
  test('forceRelease releases a lock regardless of its holder, and the holder notices', async () => {
    const world = new World(3)
    const [one, two] = [world.client({ ttl: 3_000 }), world.client()]
    const lock = await world.clock.run(one.acquire('a'))
    expect(await world.clock.run(two.forceRelease('a'))).toBe(true)
    expect(world.holders('a')).toEqual([])
    await world.clock.advance(1_001)
    expect(lock.signal.reason).toMatchObject({ code: 'LOST', reason: 'gone' })
    expect(await world.clock.run(two.forceRelease('a'))).toBe(false)
  })

  test('forceRelease through the client that holds the lock ends it at once', async () => {
    const world = new World(3)
    const redlock = world.client()
    const lock = await world.clock.run(redlock.acquire('a'))
    expect(await world.clock.run(redlock.forceRelease('a'))).toBe(true)
    expect(lock.held).toBe(false)
    expect(lock.signal.reason).toMatchObject({ reason: 'forced' })
  })

  test('forceRelease of a lock that another process has resumed leaves the rest of it to that process', async () => {
    const world = new World(3)
    const [one, two] = [world.client(), world.client()]
    const lock = await world.clock.run(one.acquire(['a', 'b']))
    lock.detach()
    const resumed = await world.clock.run(two.resume(lock.toJSON()))
    expect(await world.clock.run(one.forceRelease('a'))).toBe(true)
    await world.clock.advance(10)
    expect(lock.signal.reason).toMatchObject({ reason: 'forced' })
    expect(world.holders('b')).toHaveLength(3)
    expect(resumed.held).toBe(true)
  })

  test('forceRelease wakes the next waiter', async () => {
    const world = new World(3)
    await world.clock.run(world.client().acquire('a'))
    const waiting = world.client().acquire('a')
    await world.clock.advance(100)
    void world.client().forceRelease('a')
    expect(await world.clock.time(waiting)).toBeLessThan(5)
  })

  test('forceRelease rejects if too few nodes answer', async () => {
    const world = new World(3)
    world.node(0).disconnect()
    world.node(1).freeze()
    expect((await world.clock.runToError(world.client().forceRelease('a'))).code).toBe('UNAVAILABLE')
  })
})

describe('getLock', () => {
  test('a named lock does everything by name, without a handle', async () => {
    const world = new World(3)
    const redlock = world.client()
    const named = redlock.getLock('a', { ttl: 5_000 })
    expect(named.resource).toBe('a')
    expect(await world.clock.run(named.release())).toBe('expired')
    await world.clock.run(named.acquire())
    expect(await world.clock.run(named.isLocked())).toBe(true)
    expect(await world.clock.run(named.tryAcquire())).toBeNull()
    expect(await world.clock.run(named.tryUsing(() => 1))).toEqual({ acquired: false })
    expect(await world.clock.run(named.waitForUnlock({ timeout: 10 }))).toBe(false)
    expect(await world.clock.run(named.release())).toBe('released')
    expect(await world.clock.run(named.release())).toBe('expired')
    expect(await world.clock.run(named.using((lock) => lock.remaining()))).toBeCloseTo(4_948, 0)
    const lock = await world.clock.run(named.tryAcquire({ ttl: 9_000 }))
    expect(lock!.remaining()).toBeCloseTo(8_908, 0)
  })

  test('a named lock releases what this object acquired, and never a lock of another object of the same name', async () => {
    const world = new World(3)
    const redlock = world.client()
    const [holder, other] = [redlock.getLock('a'), redlock.getLock('a')]
    const lock = await world.clock.run(holder.acquire())
    expect(await world.clock.runToError(other.acquire({ wait: 50 }))).toMatchObject({ code: 'CONTENDED' })
    expect(await world.clock.run(other.release())).toBe('expired')
    expect(lock.held).toBe(true)
    expect(world.holders('a')).toHaveLength(3)
    expect(await world.clock.run(holder.release())).toBe('released')
  })

  test('a named lock forgets locks that ended otherwise', async () => {
    const world = new World(3)
    const redlock = world.client()
    const named = redlock.getLock('a')
    const first = await world.clock.run(named.acquire())
    await world.clock.run(first.release())
    expect(await world.clock.run(named.release())).toBe('expired')
    expect(world.nodes.map((node) => node.sent('release'))).toEqual([1, 1, 1])
    const second = await world.clock.run(named.acquire({ ttl: 1_000, autoExtend: false }))
    await world.clock.advance(2_000)
    expect(second.held).toBe(false)
    expect(await world.clock.run(named.release())).toBe('expired')
  })
})

describe('health', () => {
  test('health describes each node without sending a command', async () => {
    const world = new World(4)
    world.nodes.forEach((node, index) => (node.delay = index + 1))
    const redlock = world.client()
    expect(redlock.health()[0]).toEqual({
      name: 'n1',
      state: 'up',
      guarded: false,
      pendingReleases: 0,
      owed: 0,
      pending: 0,
    })
    await world.clock.run(redlock.acquire('a'))
    await world.clock.advance(100)
    const { commands } = world
    expect(redlock.health().map(({ roundTrip }) => roundTrip)).toEqual([2, 4, 6, 8])
    expect(world.commands).toBe(commands)
    world.node(0).freeze()
    world.node(1).disconnect()
    world.node(2).script = () => ({ vote: 'failed', reason: 'OOM' })
    await world.clock.runToError(redlock.acquire('b', { wait: 0 }))
    await world.clock.advance(1_100)
    expect(redlock.health().map(({ state, lastError }) => [state, lastError])).toEqual([
      ['suspect', 'did not answer in time'],
      ['down', undefined],
      ['up', 'OOM'],
      ['up', undefined],
    ])
    world.node(0).thaw()
    world.node(1).reconnect()
    await world.clock.advance(10_100)
    expect(redlock.health().map(({ state }) => state)).toEqual(['up', 'up', 'up', 'up'])
  })

  test('a clock step of a node is reported, and voids its vote for the locks that it had granted', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 30_000 })
    const lock = await world.clock.run(redlock.acquire('a'))
    await world.clock.advance(1_000)
    world.node(0).skew = 3_600_000
    world.node(1).skew = -3_600_000
    expect(await world.clock.run(redlock.isLocked('b'))).toBe(false)
    await world.clock.advance(10)
    const steps = redlock.health().map(({ clockStep }) => clockStep)
    expect(steps).toEqual([3_600_000, -3_600_000, undefined])
    expect(
      world.logged('warn').filter((line) => line.includes('clock of lock node was stepped')),
    ).toHaveLength(2)
    // The node is queried again at once. The lock has expired there, and is repaired.
    await world.clock.advance(100)
    expect(lock.held).toBe(true)
    expect(world.holders('a')).toHaveLength(3)
  })

  test.each([true, false])(
    'a clock step is reported only if the shortest lock cannot tolerate it (renewed: %p)',
    async (autoExtend) => {
      const world = new World(3)
      const redlock = world.client()
      // 12 ms are left as the tolerance for clocks.
      await world.clock.run(redlock.acquire('short', { ttl: 1_000, autoExtend }))
      await world.clock.run(redlock.acquire('long', { ttl: 60_000, autoExtend }))
      world.node(0).skew = 10
      world.node(1).skew = 20
      await world.clock.advance(400)
      expect(redlock.health().map(({ clockStep }) => clockStep)).toEqual([undefined, 20, undefined])
    },
  )

  test('a clock step of half a second during a lock of one second causes no second holder', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 1_000, autoExtend: false })
    world.node(2).disconnect()
    world.node(2).script = ({ kind }) => (kind === 'repair' ? { vote: 'unknown', reason: 'lost' } : undefined)
    const lock = await world.clock.run(redlock.acquire('a'))
    world.node(2).reconnect()
    world.node(0).skew = 450
    const rival = world.client({ ttl: 1_000 })
    const taken = world.clock.run(rival.acquire('a'))
    await taken
    expect(lock.held).toBe(false)
    expect(lock.signal.reason).toMatchObject({ reason: 'gone' })
  })

  test('clocks that drift apart slowly, without any message in between, are not reported as a step', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 1_000 })
    await world.clock.run(redlock.isLocked('a'))
    await world.clock.advance(600_000)
    for (const node of world.nodes) node.skew = 60
    const slow = world.node(2)
    slow.delay = 3
    await world.clock.run(redlock.acquire('a'))
    await world.clock.advance(100)
    expect(redlock.health().map(({ clockStep }) => clockStep)).toEqual([undefined, undefined, undefined])
  })

  test('a slow network or a pause of the client is not reported as a clock step', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 30_000 })
    await world.clock.run(redlock.acquire('a'))
    for (const node of world.nodes) node.delay = 400
    await world.clock.run(redlock.isLocked('b'))
    const slow = redlock.isLocked('c').catch(() => undefined)
    await world.clock.advance(100)
    world.clock.stall(5_000)
    await world.clock.advance(5_000)
    for (const node of world.nodes) node.delay = 0
    await slow
    await world.clock.run(redlock.isLocked('b'))
    expect(redlock.health().map(({ clockStep }) => clockStep)).toEqual([undefined, undefined, undefined])
  })
})

describe('limits', () => {
  test('a frozen node costs bounded memory regardless of the number of calls', async () => {
    const world = new World(3)
    world.node(0).freeze()
    const redlock = world.client({ ttl: 10_000 })
    for (let round = 0; round < 30; round++) {
      const names = Array.from({ length: 50 }, (_, index) => `r${round}-${index}`)
      await world.clock.run(Promise.all(names.map((name) => redlock.using(name, () => undefined))))
      await world.clock.advance(100)
    }
    // Only for commands sent before the node was noticed. Nothing is kept for locks that it never had.
    const [frozen] = redlock.health()
    expect(frozen!.pending).toBeLessThanOrEqual(50 * 11 * 3)
    expect(frozen!.pendingReleases).toBeLessThanOrEqual(50 * 11)
    world.node(0).thaw()
    await world.clock.advance(20_000)
    expect(redlock.health()[0]).toMatchObject({ pending: 0, pendingReleases: 0, state: 'up' })
    expect(world.node(0).state.locks.size).toBe(0)
  })

  test('a node with 20,000 unanswered commands receives no more, and votes failed', async () => {
    const world = new World(1)
    world.node(0).freeze()
    const redlock = world.client({ ttl: 60_000, nodeTimeout: 3_000, guard: false })
    const works = Array.from({ length: 20_050 }, (_, index) =>
      redlock.tryAcquire(`r${index}`).catch((error: unknown) => error),
    )
    await settle()
    expect(redlock.health()[0]!.pending).toBe(20_000)
    expect(await world.clock.run(works[20_010]!)).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('20000 commands already in flight'),
    })
    world.node(0).thaw()
    await world.clock.run(Promise.all(works))
  })

  test('probes of a node that stays unresponsive become rarer', async () => {
    const world = new World(3)
    world.node(0).freeze()
    const redlock = world.client()
    await world.clock.run(redlock.acquire('a', { autoExtend: false }))
    await world.clock.advance(600_000)
    expect(world.node(0).sent('greet')).toBeGreaterThan(30)
    expect(world.node(0).sent('greet')).toBeLessThan(80)
  })
})
