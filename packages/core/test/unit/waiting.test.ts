import { describe, expect, test } from '@jest/globals'
import type { Lock } from '../../src/lock.js'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

describe('first come, first served', () => {
  test.each([1, 2, 3, 4, 5])(
    'on %i nodes waiters of several clients are served in order of arrival',
    async (size) => {
      const world = new World(size)
      for (const node of world.nodes) node.delay = 1
      const clients = [world.client(), world.client(), world.client(), world.client()]
      const holder = await world.clock.run(clients[0]!.acquire('a'))
      const order: number[] = []
      const works: Promise<void>[] = []
      for (let index = 0; index < 12; index++) {
        works.push(
          clients[index % 4]!.using('a', { wait: 60_000 }, async () => {
            order.push(index)
            await new Promise<void>((resolve) => world.clock.after(20, resolve))
          }),
        )
        await world.clock.advance(5)
      }
      await world.clock.run(holder.release())
      const took = await world.clock.time(Promise.all(works))
      expect(order).toEqual([...order].sort((a, b) => a - b))
      // Twelve sections of 20 ms. Each handover takes about one and a half round trips, never a heartbeat of a second.
      expect(took).toBeLessThan(12 * (20 + 8) + 20)
      expect(world.waiters('a')).toBe(0)
    },
  )

  test('a waiter is woken by the release, not by its heartbeat', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    const lock = await world.clock.run(world.client().acquire('a'))
    const waiting = world.client().acquire('a')
    await world.clock.advance(250)
    const released = world.clock.monotonic()
    void lock.release()
    await world.clock.run(waiting)
    expect(world.clock.monotonic() - released).toBeLessThanOrEqual(5)
    const acquires = world.nodes.map((node) => node.sent('acquire'))
    // The holder, the wait, one more attempt once the subscription is active, and the handover.
    expect(Math.max(...acquires)).toBeLessThanOrEqual(4)
  })

  test('a waiter that misses a release finds out with its heartbeat', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client().acquire('a'))
    const waiting = world.client().acquire('a')
    await world.clock.advance(250)
    // Announcements are lost, as if Pub/Sub had dropped them.
    for (const node of world.nodes) node.mutesWakeUps = true
    void lock.release()
    expect(await world.clock.time(waiting)).toBeLessThanOrEqual(1_010)
  })

  test('nodes that cannot announce releases are polled at the retry interval', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.subscribe = undefined as never
    const lock = await world.clock.run(world.client().acquire('a'))
    const waiting = world.client({ retryInterval: 40 }).acquire('a')
    await world.clock.advance(4_000)
    const asked = world.node(0).sent('acquire')
    expect(asked).toBeGreaterThan(50)
    expect(asked).toBeLessThan(200)
    void lock.release()
    expect(await world.clock.time(waiting)).toBeLessThanOrEqual(82)
  })

  test('after a holder crashes, its waiter acquires the lock as soon as the keys expire', async () => {
    const world = new World(5)
    const lock = await world.clock.run(world.client({ ttl: 5_500, autoExtend: false }).acquire('a'))
    lock.detach()
    expect(await world.clock.time(world.client().acquire('a'))).toBeLessThanOrEqual(5_505)
  })

  test('a first waiter that crashed delays the next one by the 3 s of its place, and no more', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client().acquire('a'))
    const dead = { id: 'gone#1', at: world.clock.wall(), age: 0, life: 3_000 }
    for (const node of world.nodes) {
      node.send(
        { kind: 'acquire', keys: ['lock:a'], value: 'dead', ttl: 1_000, queue: dead },
        () => undefined,
      )
    }
    await world.clock.advance(5)
    const next = world.client().acquire('a')
    await world.clock.advance(100)
    void lock.release()
    const took = await world.clock.time(next)
    expect(took).toBeGreaterThan(2_500)
    expect(took).toBeLessThanOrEqual(3_010)
  })

  test('a single try does not overtake waiters', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 5
    const lock = await world.clock.run(world.client().acquire('a'))
    const waiting = world.client().acquire('a')
    await world.clock.advance(50)
    const tried = world.client().tryAcquire('a')
    await settle()
    void lock.release()
    expect(await world.clock.run(tried)).toBeNull()
    expect((await world.clock.run(waiting)).held).toBe(true)
  })

  test('a wait for several resources ends when all of them are free', async () => {
    const world = new World(3)
    const [a, b] = await world.clock.run(
      Promise.all([world.client().acquire('a'), world.client().acquire('b')]),
    )
    const both = world.client().acquire(['a', 'b'])
    await world.clock.advance(100)
    await world.clock.run(a.release())
    await world.clock.advance(100)
    await world.clock.run(b.release())
    expect((await world.clock.run(both, 100)).resources).toEqual(['a', 'b'])
  })

  test('clients whose clocks are hours apart still all get their turn', async () => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 1
    const off = (hours: number) => ({
      monotonic: () => world.clock.monotonic(),
      wall: () => world.clock.wall() + hours * 3_600_000,
      timer: (delay: number, task: () => void) => world.clock.timer(delay, task),
    })
    const clients = [-5, 0, 7].map((hours) => world.client({ clock: off(hours) }))
    const works = clients.flatMap((client) =>
      Array.from({ length: 5 }, () =>
        client.using('a', { wait: 30_000 }, async () => {
          await new Promise<void>((resolve) => world.clock.after(10, resolve))
        }),
      ),
    )
    expect(await world.clock.time(Promise.all(works), 30_000)).toBeLessThan(2_000)
  })
})

describe('the wait', () => {
  test.each([true, false])(
    'a wait ends in time with an error that shows the votes of the nodes (fair: %p)',
    async (fair) => {
      const world = new World(3)
      await world.clock.run(world.client().acquire('a'))
      const redlock = world.client({ fair })
      const start = world.clock.monotonic()
      const error = await world.clock.runToError(redlock.acquire('a', { wait: 1_234 }))
      expect(error).toMatchObject({ code: 'CONTENDED', resources: ['a'] })
      expect(error.message).toMatch(/it is held.*n1: held, \d+ ms left/)
      expect(world.clock.monotonic() - start).toBeGreaterThanOrEqual(1_234 - 1)
      expect(world.clock.monotonic() - start).toBeLessThanOrEqual(1_240)
      await world.clock.advance(1)
      expect(world.waiters('a')).toBe(0)
    },
  )

  test('a wait of 0 is one round', async () => {
    const world = new World(3)
    await world.clock.run(world.client().acquire('a'))
    const error = await world.clock.runToError(world.client().acquire('a', { wait: 0 }))
    expect(error.code).toBe('CONTENDED')
    expect(world.node(0).sent('acquire')).toBe(2)
    expect(world.waiters('a')).toBe(0)
  })

  test('a wait may have no limit', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client().acquire('a'))
    const work = world.client().acquire('a', { wait: Infinity })
    await world.clock.advance(600_000)
    void lock.release()
    expect((await world.clock.run(work, 10)).held).toBe(true)
  })

  test('a wait survives an outage that ends in time', async () => {
    for (const fair of [true, false]) {
      const world = new World(3)
      for (const node of world.nodes) node.disconnect()
      const work = world.client({ fair }).acquire('a')
      world.clock.after(3_000, () => {
        for (const node of world.nodes) node.reconnect()
      })
      expect(await world.clock.time(work)).toBeLessThan(3_000 + 3_300)
    }
  })

  test('a wait sends a bounded number of commands if no node answers', async () => {
    for (const fair of [true, false]) {
      const world = new World(3)
      for (const node of world.nodes) {
        node.script = () => ({ vote: 'failed', reason: 'LOADING' })
      }
      await world.clock.runToError(world.client({ fair, wait: 60_000 }).acquire('a'), 61_000)
      expect(world.node(0).log.length).toBeLessThan(1_200)
    }
  })

  test('a wait does not loop on nodes whose quarantine is over but has not been ended', async () => {
    const world = new World(3)
    for (const node of world.nodes) {
      node.script = ({ kind }) =>
        kind === 'acquire' ? { vote: 'refused', reason: 'quarantined', remaining: 0 } : undefined
    }
    await world.clock.runToError(world.client({ wait: 10_000 }).acquire('a'))
    expect(world.node(0).sent('acquire')).toBeLessThan(250)
  })
})

describe('an abort', () => {
  const reasons = ['a word', undefined, new TypeError('mine'), { plain: true }]

  test('an abort before any command is sent rejects with its reason', async () => {
    for (const reason of reasons) {
      const world = new World(3)
      const signal = AbortSignal.abort(reason)
      for (const fair of [true, false]) {
        const error = await world.clock.runToError(world.client({ fair }).acquire('a', { signal }))
        expect(error).toBe(signal.reason)
      }
      expect(await world.clock.runToError(world.client().tryAcquire('a', { signal }))).toBe(signal.reason)
      expect(await world.clock.runToError(world.client().waitForUnlock('a', { signal }))).toBe(signal.reason)
      expect(world.commands).toBe(0)
    }
  })

  test.each([true, false])(
    'an abort in the middle of a wait rejects at once and leaves no place behind (fair: %p)',
    async (fair) => {
      for (const reason of reasons) {
        const world = new World(5)
        for (const node of world.nodes) node.delay = 1
        const lock = await world.clock.run(world.client().acquire('a'))
        const stop = new AbortController()
        const redlock = world.client({ fair })
        const work = world.clock.runToError(redlock.acquire('a', { signal: stop.signal, wait: Infinity }))
        let settledAt = Infinity
        void work.then(() => (settledAt = world.clock.monotonic()))
        world.clock.after(777, () => stop.abort(reason))
        const start = world.clock.monotonic()
        expect(await work).toBe(stop.signal.reason)
        expect(settledAt - start).toBeLessThanOrEqual(778)
        await world.clock.advance(10)
        expect(world.waiters('a')).toBe(0)
        // Nothing keeps the process alive or still sends commands.
        expect(world.clock.timersHolding).toBe(0)
        const asked = world.node(0).sent('acquire')
        await world.clock.advance(5_000)
        expect(world.node(0).sent('acquire')).toBe(asked)
        expect(lock.held).toBe(true)
      }
    },
  )

  test.each([true, false])(
    'an abort at any moment of an attempt rejects and leaves the lock free for the next caller (fair: %p)',
    async (fair) => {
      for (let at = 0; at <= 24; at++) {
        const world = new World(5)
        world.nodes.forEach((node, index) => (node.delay = 8 + index))
        const redlock = world.client({ fair })
        const stop = new AbortController()
        const work = redlock.acquire('a', { signal: stop.signal })
        world.clock.after(at, () => stop.abort('stop'))
        const outcome = await world.clock.run(work.catch((error: unknown) => error))
        if (outcome === 'stop') {
          // Granted at the first attempt, because it follows the rollback on every connection.
          const next = await world.clock.run(redlock.tryAcquire('a'))
          expect(next).not.toBeNull()
          await world.clock.run(next!.release())
        } else {
          expect(at).toBeGreaterThanOrEqual(20)
          await world.clock.run((outcome as Lock).release())
        }
        await world.clock.advance(100)
        expect(world.holders('a')).toEqual([])
        expect(world.waiters('a')).toBe(0)
      }
    },
  )

  test('an abort does not affect a lock that has been granted', async () => {
    const world = new World(3)
    const stop = new AbortController()
    const lock = await world.clock.run(world.client().acquire('a', { signal: stop.signal }))
    stop.abort()
    expect(lock.held).toBe(true)
    expect(lock.signal.aborted).toBe(false)
  })

  test('the abort of one of many waits on one signal leaves no listener behind', async () => {
    const world = new World(3)
    const stop = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = stop.signal
    stop.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(stop.signal, args)
    }
    stop.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(stop.signal, args)
    }
    const redlock = world.client()
    for (let round = 0; round < 20; round++) {
      await world.clock.run(redlock.using('a', { signal: stop.signal }, () => undefined))
    }
    expect(listeners).toBe(0)
  })
})

describe('late votes', () => {
  test('a winner that late nodes put into their queues is not shown as a waiter, and leaves the queues with its release', async () => {
    const world = new World(5)
    for (const node of world.nodes.slice(3)) {
      node.delay = 100
      node.state.locks.set('lock:a', { value: 'left over', expiresAt: Infinity })
    }
    const lock = await world.clock.run(world.client().acquire('a'))
    await world.clock.advance(200)
    expect(world.waiters('a')).toBe(2)
    expect(await world.clock.run(world.client().inspect('a'))).toMatchObject({ locked: true, waiters: 0 })
    await world.clock.run(lock.release())
    await world.clock.advance(100)
    expect(world.waiters('a')).toBe(0)
  })

  test('a late vote does not put a waiter that has left back into the queue', async () => {
    const world = new World(5)
    const lock = await world.clock.run(world.client().acquire('a'))
    // Two nodes answer only after the wait is over.
    for (const node of world.nodes.slice(3)) node.delay = 400
    const error = await world.clock.runToError(world.client().acquire('a', { wait: 300 }))
    expect(error.code).toBe('CONTENDED')
    await world.clock.run(lock.release())
    await world.clock.advance(1_500)
    expect(world.waiters('a')).toBe(0)
    expect(world.holders('a')).toEqual([])
  })

  test('a node that was frozen during the wait forgets the waiter once it works again', async () => {
    const world = new World(5)
    const lock = await world.clock.run(world.client().acquire('a'))
    const work = world.client({ ttl: 10_000 }).acquire('a', { wait: 4_000 })
    await world.clock.advance(900)
    world.node(0).freeze()
    world.node(1).freeze()
    expect((await world.clock.runToError(work)).code).toBe('CONTENDED')
    await world.clock.advance(10_000)
    world.node(0).thaw()
    world.node(1).thaw()
    await world.clock.advance(1)
    expect(world.waiters('a')).toBe(0)
    expect(lock.held).toBe(true)
  })
})

test('a thousand waits leave nothing behind in the client or on the nodes', async () => {
  const world = new World(3)
  const redlock = world.client()
  for (let round = 0; round < 40; round++) {
    const works = Array.from({ length: 25 }, () =>
      redlock.using(`r${round % 4}`, { wait: 60_000 }, () => undefined),
    )
    await world.clock.run(Promise.all(works))
  }
  await world.clock.advance(6_000)
  expect(world.clock.timersActive).toBe(0)
  for (const node of world.nodes) {
    expect(node.state.locks.size).toBe(0)
    expect([...node.state.queues.values()].flat()).toEqual([])
  }
  expect(redlock.health().map(({ pendingReleases, pending }) => pendingReleases + pending)).toEqual([0, 0, 0])
})

test('in the worst case of contention a critical section costs a bounded number of commands', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 1
  const clients = Array.from({ length: 4 }, () => world.client())
  const sections = 100
  const works = Array.from({ length: sections }, (_, index) =>
    clients[index % 4]!.using('a', { wait: Infinity }, async () => {
      await new Promise<void>((resolve) => world.clock.after(5, resolve))
    }),
  )
  const took = await world.clock.time(Promise.all(works))
  expect(world.commands / sections).toBeLessThan(40)
  expect(took / sections).toBeLessThan(13)
})
