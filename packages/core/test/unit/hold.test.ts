import { describe, expect, test } from '@jest/globals'
import { LockLostError } from '../../src/errors.js'
import type { Lock } from '../../src/lock.js'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

/** A lock on five nodes and its loss, if any. */
async function holding(options: object = {}, size = 5) {
  const world = new World(size)
  const redlock = world.client(options)
  const lock = await world.clock.run(redlock.acquire('a'))
  await world.clock.advance(0)
  return { world, redlock, lock, clock: world.clock }
}

function lossOf(lock: Lock): LockLostError {
  expect(lock.signal.aborted).toBe(true)
  expect(lock.signal.reason).toBeInstanceOf(LockLostError)
  return lock.signal.reason as LockLostError
}

describe('loss', () => {
  test('if a majority stops responding, the signal aborts by the deadline without help from any node', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_500 })
    await clock.advance(400)
    for (const node of world.nodes.slice(0, 3)) node.freeze()
    let aborted = Infinity
    lock.signal.addEventListener('abort', () => (aborted = clock.monotonic()))
    const deadline = clock.monotonic() + lock.remaining()
    await clock.advance(5_000)
    expect(aborted).toBeLessThanOrEqual(Math.ceil(deadline) + 1)
    expect(lossOf(lock)).toMatchObject({ reason: 'expired', resources: ['a'], code: 'LOST' })
    expect(lossOf(lock).votes).toHaveLength(5)
    expect(lock.held).toBe(false)
  })

  test('if all nodes die at once, the signal aborts by the deadline too', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_500 })
    for (const node of world.nodes) node.disconnect()
    await clock.advance(1_483 - 1)
    expect(lock.held).toBe(true)
    await clock.advance(2)
    expect(lossOf(lock).reason).toBe('expired')
  })

  test('if a majority no longer has the value, the signal aborts with the next renewal', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    for (const node of world.nodes.slice(0, 3)) node.state.locks.clear()
    await clock.advance(1_001)
    expect(lossOf(lock).reason).toBe('gone')
    await clock.advance(10)
    expect(world.holders('a')).toEqual([])
    expect(await clock.run(lock.release())).toBe('expired')
  })

  test('a holder that fell below a majority repairs nothing', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    for (const node of world.nodes.slice(0, 3)) node.state.locks.clear()
    await clock.advance(1_001)
    expect(lock.held).toBe(false)
    expect(world.nodes.map((node) => node.sent('repair'))).toEqual([0, 0, 0, 0, 0])
  })

  test('a minority that lost the value is repaired, and counts from the next round on', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    for (const node of world.nodes.slice(0, 2)) node.state.locks.clear()
    await clock.advance(1_005)
    expect(world.holders('a')).toHaveLength(5)
    expect(lock.votes.map(({ vote }) => vote)).toEqual(Array(5).fill('granted'))
    await clock.run(lock.release())
    await clock.advance(0)
    expect(world.holders('a')).toEqual([])
  })

  test('after a pause of the process the first instruction sees that the lock has expired', async () => {
    const { lock, clock } = await holding({ ttl: 1_000 })
    clock.stall(5_000)
    expect(lock.held).toBe(false)
    expect(lock.remaining()).toBe(0)
    expect(() => lock.assertHeld()).toThrow(LockLostError)
    expect(lossOf(lock).reason).toBe('expired')
  })

  test('after a suspend that only the wall clock shows, the lock has expired, which is noticed within a second', async () => {
    const { lock, clock } = await holding({ ttl: 60_000 })
    clock.stepWall(120_000)
    expect(lock.held).toBe(false)
    await clock.advance(1_001)
    expect(lossOf(lock).reason).toBe('expired')
  })

  test('a lost lock is logged, released on the remaining nodes and costs nothing from then on', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    await clock.advance(988)
    expect(lock.held).toBe(false)
    expect(world.logged('error')).toEqual(['lock was lost'])
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
    const { commands } = world
    await clock.advance(60_000)
    expect(world.commands).toBe(commands)
  })

  test('a fraction of a millisecond does not keep the clock from ending a lock', async () => {
    for (let start = 0.1; start < 3; start += 0.0377) {
      const world = new World(1)
      await world.clock.advance(start)
      const lock = await world.clock.run(
        world.client({ ttl: 333, driftFactor: 0.0123, autoExtend: false }).acquire('a'),
      )
      await world.clock.advance(400)
      expect(lock.signal.aborted).toBe(true)
    }
  })
})

describe('release', () => {
  test('release is idempotent, even before the first answer', async () => {
    const { world, lock, clock } = await holding()
    const outcomes = Promise.all([lock.release(), lock.release(), lock[Symbol.asyncDispose]()])
    expect(await clock.run(outcomes)).toEqual(['released', 'released', undefined])
    expect(await clock.run(lock.release())).toBe('released')
    expect(world.nodes.map((node) => node.sent('release'))).toEqual([1, 1, 1, 1, 1])
  })

  test('a release after the lock expired resolves to expired', async () => {
    const { lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    await clock.advance(2_000)
    expect(await clock.run(lock.release())).toBe('expired')
  })

  test('a release of a lock that the nodes no longer have resolves to expired', async () => {
    const { world, lock, clock } = await holding({ autoExtend: false })
    for (const node of world.nodes) node.flush()
    expect(await clock.run(lock.release())).toBe('expired')
  })

  test('a release without a majority of answers resolves to unknown, and reaches the nodes once they are back', async () => {
    const { world, lock, clock } = await holding({ ttl: 10_000 })
    for (const node of world.nodes.slice(0, 3)) node.freeze()
    expect(await clock.time(lock.release())).toBeLessThanOrEqual(500)
    expect(await lock.release()).toBe('unknown')
    for (const node of world.nodes) node.thaw()
    await clock.advance(1)
    expect(world.holders('a')).toEqual([])
  })

  test('a disconnected node receives its release when it is back', async () => {
    const { world, redlock, lock, clock } = await holding({ ttl: 10_000 })
    world.node(0).disconnect()
    expect(await clock.run(lock.release())).toBe('released')
    expect(redlock.health()[0]).toMatchObject({ state: 'down', pendingReleases: 1 })
    await clock.advance(500)
    world.node(0).reconnect()
    await clock.advance(1)
    expect(world.holders('a')).toEqual([])
    expect(redlock.health()[0]).toMatchObject({ state: 'up', pendingReleases: 0 })
  })

  test('a node that refuses a release for a while receives it again until it accepts it', async () => {
    const { world, redlock, lock, clock } = await holding({ ttl: 10_000 })
    world.node(0).script = ({ kind }) => (kind === 'release' ? { vote: 'failed', reason: 'BUSY' } : undefined)
    await clock.run(lock.release())
    await clock.advance(300)
    expect(world.holders('a')).toEqual(['n1'])
    world.node(0).script = undefined
    await clock.advance(5_000)
    expect(world.holders('a')).toEqual([])
    expect(redlock.health()[0]!.pendingReleases).toBe(0)
  })

  test('a release that is lost on the way is sent again', async () => {
    const { world, redlock, lock, clock } = await holding({ ttl: 60_000 })
    world.node(0).losesCommands = true
    await clock.run(lock.release())
    world.node(0).losesCommands = false
    await clock.advance(12_000)
    expect(world.holders('a')).toEqual([])
    expect(redlock.health()[0]!.pendingReleases).toBe(0)
  })

  test('a pending release for a node that stays away is dropped once the TTL has passed', async () => {
    const { world, redlock, lock, clock } = await holding({ ttl: 10_000 })
    world.node(0).disconnect()
    await clock.run(lock.release())
    await clock.advance(20_000)
    expect(redlock.health()[0]!.pendingReleases).toBe(0)
  })

  test('a value of another client is never deleted', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    await clock.advance(985)
    for (const node of world.nodes) {
      node.state.locks.set('lock:a', { value: 'theirs', expiresAt: node.now() + 60_000 })
    }
    await clock.run(lock.release())
    await clock.advance(3_000)
    expect(world.holders('a')).toHaveLength(5)
  })
})

describe('using', () => {
  test('using returns the result of the function, and releases', async () => {
    const world = new World(3)
    const redlock = world.client()
    expect(await world.clock.run(redlock.using('a', (lock) => lock.resources))).toEqual(['a'])
    expect(await world.clock.run(redlock.tryUsing('a', {}, async () => 7))).toEqual({
      acquired: true,
      value: 7,
    })
    await world.clock.advance(0)
    expect(world.holders('a')).toEqual([])
  })

  test("using rejects with the function's own error even if the lock was lost and its release failed", async () => {
    const { world, clock, redlock, lock } = await holding({ ttl: 1_000, autoExtend: false })
    await clock.run(lock.release())
    const work = redlock.using('a', { ttl: 1_000 }, async () => {
      for (const node of world.nodes) node.freeze()
      await new Promise<void>((resolve) => clock.after(3_000, resolve))
      throw new TypeError('my own')
    })
    const error = await clock.runToError(work)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('my own')
  })

  test('using rejects if the function succeeded but the lock was lost', async () => {
    const world = new World(3)
    const work = world.client({ autoExtend: false, ttl: 1_000 }).using('a', async () => {
      await new Promise<void>((resolve) => world.clock.after(3_000, resolve))
      return 1
    })
    expect(await world.clock.runToError(work)).toBeInstanceOf(LockLostError)
  })

  test('a function that releases or detaches its lock itself causes no loss', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 1_000 })
    expect(await world.clock.run(redlock.using('a', async (lock) => lock.release()))).toBe('released')
    const detached = redlock.using('a', async (lock) => {
      lock.detach()
      await new Promise<void>((resolve) => world.clock.after(3_000, resolve))
      return 'done'
    })
    expect(await world.clock.run(detached)).toBe('done')
  })
})

describe('renewal', () => {
  test('renewals run at a third of the TTL, on an absolute schedule regardless of late timers', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    const times: number[] = []
    world.node(0).script = ({ kind }) => {
      if (kind === 'extend') times.push(clock.monotonic())
      return undefined
    }
    const start = clock.monotonic()
    for (let tick = 0; tick < 30; tick++) {
      await clock.advance(930)
      clock.stall(70)
    }
    expect(lock.held).toBe(true)
    expect(times).toHaveLength(29)
    times.forEach((time, index) => {
      const due = start + 1_000 * (index + 1)
      expect(Math.abs(time - due)).toBeLessThanOrEqual(121)
    })
  })

  test.each([
    [1_000, 60_000],
    [100, 10_000],
    [20, 2_000],
    [4, 300],
  ])('with a TTL of %i ms the number of commands is bounded', async (ttl, time) => {
    const world = new World(3)
    const work = world.client({ ttl, wait: 0 }).acquire('a')
    const lock = await world.clock.run(work)
    await world.clock.advance(time)
    const extensions = world.node(0).sent('extend')
    expect(extensions).toBeLessThanOrEqual((2 * 3 * time) / ttl)
    if (ttl >= 100) {
      expect(lock.held).toBe(true)
      expect(extensions).toBeGreaterThanOrEqual((3 * time) / ttl - 3)
      expect(extensions).toBeLessThanOrEqual((3 * time) / ttl + 3)
    }
    await world.clock.run(lock.release())
  })

  test('nodes that do not answer renewals are not flooded with them', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000 })
    for (const node of world.nodes) {
      node.script = ({ kind }) => (kind === 'extend' ? { vote: 'failed', reason: 'LOADING' } : undefined)
    }
    await clock.advance(5_000)
    expect(lock.held).toBe(false)
    expect(world.node(0).sent('extend')).toBeLessThan(12)
  })

  test('one failed renewal is no loss, because it is retried in time', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    await clock.advance(900)
    for (const node of world.nodes) node.disconnect()
    await clock.advance(1_500)
    for (const node of world.nodes) node.reconnect()
    await clock.advance(3_000)
    expect(lock.held).toBe(true)
  })

  test('10,000 locks are renewed with one timer', async () => {
    const world = new World(3)
    const redlock = world.client({ ttl: 30_000 })
    const locks: Lock[] = []
    for (let batch = 0; batch < 100; batch++) {
      const names = Array.from({ length: 100 }, (_, index) => `r${batch}-${index}`)
      locks.push(...(await world.clock.run(Promise.all(names.map((name) => redlock.acquire(name))))))
      await world.clock.advance(90)
    }
    const before = world.clock.timersMade
    const { commands } = world
    expect(world.clock.timersActive).toBe(1)
    await world.clock.advance(20_000)
    expect(locks.every((lock) => lock.held)).toBe(true)
    // Two renewals per lock, with a few timers for each due moment instead of one timer per lock.
    expect(world.commands - commands).toBe(3 * 2 * 10_000)
    expect(world.clock.timersMade - before).toBeLessThan(2_000)
    expect(world.clock.timersActive).toBe(1)
    expect(world.clock.timersHolding).toBe(0)
    await world.clock.run(Promise.all(locks.map((lock) => lock.release())))
    await world.clock.advance(40_000)
    expect(world.clock.timersActive).toBe(0)
    expect(world.nodes.every((node) => node.state.locks.size === 0)).toBe(true)
  })

  test('a function that ends during a renewal releases its lock, and nothing is left', async () => {
    for (const gap of [0, 1, 5, 10, 19, 20, 21, 30]) {
      const world = new World(5)
      for (const node of world.nodes) node.delay = 10
      const redlock = world.client({ ttl: 3_000 })
      const work = redlock.using('a', async () => {
        await new Promise<void>((resolve) => world.clock.after(980 - 20 + gap, resolve))
      })
      await world.clock.run(work)
      await world.clock.advance(200)
      expect(world.holders('a')).toEqual([])
      const { commands } = world
      await world.clock.advance(60_000)
      expect(world.commands).toBe(commands)
      expect(world.clock.timersActive).toBe(0)
      expect(world.logged('error')).toEqual([])
    }
  })

  test('maxHold limits the total, including renewals and extensions', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, maxHold: 4_500 })
    await clock.advance(4_400)
    expect(lock.held).toBe(true)
    await clock.run(lock.extend())
    expect(lock.remaining()).toBeLessThanOrEqual(100)
    await clock.advance(101)
    expect(lossOf(lock).reason).toBe('maxHold')
    await clock.advance(1)
    expect(world.holders('a')).toEqual([])
  })

  test('a detached lock is neither renewed nor released, and its end is not reported as a loss', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    await clock.advance(500)
    lock.detach()
    await lock[Symbol.asyncDispose]()
    await clock.advance(2_480)
    expect(world.holders('a')).toHaveLength(5)
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
    expect(lock.held).toBe(false)
    expect(world.logged('error')).toEqual([])
    expect(world.nodes.map((node) => node.sent('extend'))).toEqual([0, 0, 0, 0, 0])
    expect(world.clock.timersActive).toBeLessThanOrEqual(1)
  })

  test('a lock that is detached while one of its renewals fails is not renewed again', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    for (const node of world.nodes) {
      node.delay = 20
      node.script = ({ kind }) => (kind === 'extend' ? { vote: 'unknown', reason: 'lost' } : undefined)
    }
    // The renewal is in flight.
    await clock.advance(1_010)
    lock.detach()
    const sent = world.nodes.map((node) => node.sent('extend'))
    expect(sent).toEqual(world.nodes.map(() => 1))
    await clock.advance(100)
    for (const node of world.nodes) node.script = undefined
    await clock.advance(10_000)
    expect(world.nodes.map((node) => node.sent('extend'))).toEqual(sent)
    expect(lock.held).toBe(false)
  })

  test('a detached lock can still be released by hand', async () => {
    const { world, lock, clock } = await holding()
    lock.detach()
    expect(await clock.run(lock.release())).toBe('released')
    await clock.advance(0)
    expect(world.holders('a')).toEqual([])
  })
})

describe('extend', () => {
  test('extend sets the TTL from now on, on all nodes', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    await clock.advance(500)
    await clock.run(lock.extend())
    expect(lock.remaining()).toBeCloseTo(988, 0)
    await clock.run(lock.extend(5_000))
    await clock.advance(4_900)
    expect(lock.held).toBe(true)
    expect(world.holders('a')).toHaveLength(5)
  })

  test('extend to less time shortens the lock, and renewals follow the new TTL', async () => {
    const { lock, clock } = await holding({ ttl: 30_000 })
    await clock.run(lock.extend(1_000))
    expect(lock.remaining()).toBeLessThanOrEqual(988)
    await clock.advance(60_000)
    expect(lock.held).toBe(true)
  })

  test('an unconfirmed extend to less time counts as shortened', async () => {
    const { world, lock, clock } = await holding({ ttl: 30_000, autoExtend: false })
    for (const node of world.nodes.slice(0, 3)) node.losesReplies = true
    const work = clock.runToError(lock.extend(1_000))
    await settle()
    expect(lock.remaining()).toBeLessThanOrEqual(988)
    expect(await work).toBeInstanceOf(LockLostError)
    expect(clock.monotonic()).toBeLessThanOrEqual(1_000 + 988)
  })

  test('two extends in one tick run one after the other, and the last one counts', async () => {
    for (const [first, second] of [
      [20_000, 1_000],
      [1_000, 20_000],
    ] as const) {
      const { world, lock, clock } = await holding({ ttl: 30_000, autoExtend: false })
      for (const node of world.nodes) node.delay = 5
      await clock.run(Promise.all([lock.extend(first), lock.extend(second)]))
      await clock.advance(10)
      const alive = world.nodes.map((node) => node.state.locks.get('lock:a')!.expiresAt - node.now())
      expect(lock.remaining()).toBeLessThanOrEqual(Math.min(...alive))
      expect(lock.remaining()).toBeGreaterThan(second * 0.95 - 30)
    }
  })

  test('of two extends in one tick, a longer one that is granted does not outlive a shorter unanswered one', async () => {
    const { world, lock, clock } = await holding({ ttl: 30_000, autoExtend: false })
    for (const node of world.nodes) {
      node.intercept = (command, execute) => {
        if (command.kind !== 'extend' || command.ttl !== 1_000) return false
        execute()
        return true
      }
    }
    const works = [lock.extend(20_000), lock.extend(1_000).catch(() => undefined)]
    await clock.run(works[0]!)
    await settle()
    const alive = world.nodes.map((node) => node.state.locks.get('lock:a')!.expiresAt - node.now())
    expect(Math.min(...alive)).toBe(1_000)
    expect(lock.remaining()).toBeLessThanOrEqual(1_000)
    await clock.run(Promise.all(works))
    expect(lock.held).toBe(false)
  })

  test('answers that are read after a pause of the process, before any timer, revive nothing', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    const answers: (() => void)[] = []
    for (const node of world.nodes) {
      node.intercept = (command, execute, answer) => {
        if (command.kind !== 'extend') return false
        const reply = execute()
        answers.push(() => {
          answer(reply)
        })
        return true
      }
    }
    const work = lock.extend().catch((error: unknown) => error)
    await settle()
    clock.stall(1_500)
    for (const answer of answers) answer()
    await settle()
    expect(await clock.run(work)).toMatchObject({ code: 'LOST', reason: 'expired' })
    expect(lock.held).toBe(false)
  })

  test('five concurrent extends are five rounds, and all of them settle', async () => {
    const { world, lock, clock } = await holding({ ttl: 5_000, autoExtend: false })
    await clock.run(Promise.all([1, 2, 3, 4, 5].map((seconds) => lock.extend(seconds * 1_000))))
    expect(world.node(0).sent('extend')).toBe(5)
    expect(lock.remaining()).toBeGreaterThan(4_900)
  })

  test('a release wins over an extension in flight', async () => {
    const { world, lock, clock } = await holding({ ttl: 3_000 })
    for (const node of world.nodes) node.delay = 10
    const extension = clock.runToError(lock.extend(60_000))
    await settle()
    const release = clock.run(lock.release())
    expect(await extension).toMatchObject({ code: 'LOST', reason: 'released' })
    expect(await release).toBe('released')
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
    expect(lock.held).toBe(false)
  })

  test('a majority that reports the value as gone is a loss at once', async () => {
    const { world, lock, clock } = await holding({ autoExtend: false })
    for (const node of world.nodes.slice(0, 3)) node.flush()
    expect(await clock.runToError(lock.extend())).toMatchObject({ code: 'LOST', reason: 'gone' })
    expect(lossOf(lock).reason).toBe('gone')
  })

  test('an inconclusive round is retried until the deadline, at a bounded rate', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    for (const node of world.nodes.slice(0, 3)) {
      node.script = ({ kind }) => (kind === 'extend' ? { vote: 'failed', reason: 'LOADING' } : undefined)
    }
    const error = await clock.runToError(lock.extend())
    expect(error).toMatchObject({ code: 'LOST', reason: 'expired' })
    expect(world.node(0).sent('extend')).toBeLessThanOrEqual(51)

    const second = await holding({ ttl: 1_000, autoExtend: false })
    for (const node of second.world.nodes) node.disconnect()
    const work = second.lock.extend()
    second.clock.after(600, () => {
      for (const node of second.world.nodes) node.reconnect()
    })
    await second.clock.run(work)
    expect(second.lock.held).toBe(true)
  })

  test('an expired lock is never extended', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false })
    clock.stall(999)
    const { commands } = world
    expect(await clock.runToError(lock.extend())).toMatchObject({ code: 'LOST', reason: 'expired' })
    expect(world.nodes.map((node) => node.sent('extend'))).toEqual([0, 0, 0, 0, 0])
    expect(world.commands - commands).toBeLessThanOrEqual(5)
  })

  test('an extension that returns after the deadline revives nothing', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000, autoExtend: false, nodeTimeout: 900 })
    await clock.advance(600)
    for (const node of world.nodes) node.delay = 200
    expect(await clock.runToError(lock.extend())).toMatchObject({ code: 'LOST', reason: 'expired' })
    expect(lock.held).toBe(false)
    await clock.advance(2_000)
    expect(world.holders('a')).toEqual([])
  })

  test.each([0, -1, 1.5, Number.NaN, Infinity, 2])(
    'a TTL of %p is refused before any command is sent',
    async (ttl) => {
      const { world, lock } = await holding()
      const { commands } = world
      await expect(lock.extend(ttl)).rejects.toThrow(RangeError)
      await expect(lock.extend('1' as never)).rejects.toThrow(TypeError)
      expect(world.commands).toBe(commands)
    },
  )
})

describe('toJSON and resume', () => {
  test('toJSON returns plain data with which another client continues', async () => {
    const world = new World(3)
    const [one, two] = [world.client({ fencing: true, ttl: 3_000 }), world.client()]
    const lock = await world.clock.run(one.acquire(['b', 'a']))
    lock.detach()
    const json = JSON.parse(JSON.stringify(lock))
    expect(json).toEqual({
      resources: ['a', 'b'],
      value: lock.value,
      token: String(lock.token),
      ttl: 3_000,
      expiresAt: lock.expiresAt,
    })
    await world.clock.advance(1_000)
    const resumed = await world.clock.run(two.resume(json))
    expect(resumed).toMatchObject({ resources: ['a', 'b'], value: lock.value, token: lock.token })
    await world.clock.advance(10_000)
    expect(resumed.held).toBe(true)
    expect(await world.clock.run(resumed.release())).toBe('released')
    await world.clock.advance(10)
    expect([world.holders('a'), world.holders('b')]).toEqual([[], []])
  })

  test('a lock that is no longer held cannot be resumed', async () => {
    const { world, lock, clock } = await holding({ ttl: 1_000 })
    lock.detach()
    const json = lock.toJSON()
    await clock.advance(1_100)
    const error = await clock.runToError(world.client().resume(json))
    expect(error).toMatchObject({ code: 'LOST', reason: 'gone', resources: ['a'] })
  })

  test('a resume obeys an abort and a close, and ends on its own if no node answers', async () => {
    const { world, lock, clock } = await holding({ ttl: 2_000 })
    lock.detach()
    const json = { ...lock.toJSON(), expiresAt: Number.MAX_SAFE_INTEGER }
    for (const node of world.nodes) node.disconnect()
    const stop = new AbortController()
    const redlock = world.client()
    const aborted = redlock.resume(json, { signal: stop.signal })
    clock.after(50, () => stop.abort('enough'))
    expect(await clock.runToError(aborted)).toBe('enough')
    expect(await clock.runToError(redlock.resume(json), 3_000)).toMatchObject({ code: 'LOST' })
    const closing = clock.runToError(redlock.resume(json))
    await settle()
    void redlock.close()
    expect(await closing).toMatchObject({ code: 'CLOSED' })
  })

  test.each([
    [null, TypeError],
    ['{}', TypeError],
    [{}, TypeError],
    [{ resources: ['a'], value: '', ttl: 1_000, expiresAt: 1 }, TypeError],
    [{ resources: [], value: 'v', ttl: 1_000, expiresAt: 1 }, TypeError],
    [{ resources: ['a'], value: 'v', ttl: -1, expiresAt: 1 }, RangeError],
    [{ resources: ['a'], value: 'v', ttl: 1_000, expiresAt: 'x' }, TypeError],
    [{ resources: ['a'], value: 'v', ttl: 1_000, expiresAt: 1, token: 'x' }, TypeError],
  ])('resume refuses %j before any command is sent', async (json, type) => {
    const world = new World(3)
    await expect(world.client().resume(json as never)).rejects.toThrow(type)
    expect(world.commands).toBe(0)
  })
})
