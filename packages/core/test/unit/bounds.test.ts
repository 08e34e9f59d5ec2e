import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import type { Rejection } from '../support/manual-clock.js'
import { World } from '../support/world.js'

test('more than 1,000 resources in one call are refused before any command is sent', async () => {
  const world = new World(3)
  const redlock = world.client()
  const names = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`)
  const error = await redlock.acquire(names(1_001)).catch((reason: unknown) => reason as Rejection)
  expect(error).toBeInstanceOf(RangeError)
  expect((error as Error).message).toContain('at most 1000 resources in one call, got 1001')
  expect(world.commands).toBe(0)
  expect((await world.clock.run(redlock.acquire(names(1_000)))).held).toBe(true)
})

test('fifty calls with one signal add one listener to it, and leave none behind', async () => {
  const world = new World(3)
  const redlock = world.client()
  const holder = await world.clock.run(redlock.acquire('a'))
  const stop = new AbortController()
  const { signal } = stop
  let listeners = 0
  let most = 0
  const { addEventListener, removeEventListener } = EventTarget.prototype
  signal.addEventListener = function (...args: Parameters<typeof addEventListener>) {
    most = Math.max(most, ++listeners)
    addEventListener.apply(this, args)
  }
  signal.removeEventListener = function (...args: Parameters<typeof removeEventListener>) {
    listeners--
    removeEventListener.apply(this, args)
  }
  const waits = Array.from({ length: 50 }, () =>
    redlock.acquire('a', { signal }).catch((reason: unknown) => reason),
  )
  await world.clock.advance(100)
  expect(most).toBe(1)
  await world.clock.run(holder.release())
  await world.clock.advance(10)
  stop.abort('enough')
  const outcomes = await world.clock.run(Promise.all(waits))
  expect(outcomes.filter((outcome) => outcome === 'enough').length).toBeGreaterThanOrEqual(48)
  expect(listeners).toBe(0)
  expect(EventEmitter.defaultMaxListeners).toBe(10)
})

describe('a round on an event loop that lags', () => {
  test.each([10, 20, 50])('a round ends although every timer is %i ms late', async (lag) => {
    const world = new World(3)
    const { clock } = world
    const timer = clock.timer.bind(clock)
    clock.timer = (delay, task) => timer(delay + lag, task)
    for (const node of world.nodes.slice(1)) node.freeze()
    const redlock = world.client({ nodeTimeout: 100 })
    expect(
      await clock.time(
        redlock.tryAcquire('a').catch(() => null),
        10_000,
      ),
    ).toBeLessThanOrEqual(100 + 2 * lag + 10)
  })
})

describe('a release that a node has not acknowledged', () => {
  test.each([
    ['a release is dropped with the life of the keys if the node keeps answering with an error', true, 0],
    [
      'a release is kept if the connection broke, because the acquire before it may still be applied',
      false,
      1,
    ],
  ])('%s', async (_, answered, pendingReleases) => {
    const world = new World(3)
    const redlock = world.client({ ttl: 5_000, wait: 0 })
    world.node(0).script = () => ({ vote: 'unknown', reason: 'ERR something odd', answered })
    for (const node of world.nodes.slice(1)) node.script = () => ({ vote: 'failed', reason: 'OOM' })
    await world.clock.runToError(redlock.acquire('a'))
    await world.clock.advance(20_000)
    expect(redlock.health()[0]!.pendingReleases).toBe(pendingReleases)
    await world.clock.run(redlock.close())
  })
})

describe('a fencing token that a server could not count', () => {
  test('a client with a wrong clock refuses an uncountable token, and leaves the resource to the others', async () => {
    const world = new World(3)
    const { clock } = world
    const wrong = world.client({ fencing: true })
    clock.stepWall(9_000_000_000_000)
    const error = await clock.runToError(wrong.acquire('a'))
    expect(error).toMatchObject({ code: 'MISUSE', resources: ['a'] })
    expect(error.message).toMatch(/the clock of this machine is at 2309-.*Correct it/)
    clock.stepWall(-9_000_000_000_000)
    expect((await clock.run(world.client({ fencing: true }).acquire('a'))).token).toBeLessThan(2n ** 53n)
  })

  test('an uncountable token that is already on the nodes is named in the error, with the remedy', async () => {
    const world = new World(3)
    for (const node of world.nodes) {
      node.state.counters.set('lock:a', { token: 2 ** 53 - 1, expiresAt: Infinity })
    }
    const redlock = world.client({ fencing: true })
    const error = await world.clock.runToError(redlock.acquire('a'))
    expect(error).toMatchObject({ code: 'MISUSE' })
    expect(error.message).toContain('Delete the counters of the resource')
    // The client still works for other resources, and nothing of its attempt is left.
    expect((await world.clock.run(redlock.acquire('b'))).held).toBe(true)
    await world.clock.advance(10)
    expect([world.holders('a'), world.waiters('a')]).toEqual([[], 0])
  })
})

test('the places of a process that died cost the next waiter nothing', async () => {
  const world = new World(5)
  const { clock } = world
  const holder = await clock.run(world.client({ guard: true }).acquire('a'))
  const [dying, living] = [world.client({ guard: true }), world.client({ guard: true })]
  const deaf = Array.from({ length: 5 }, () => dying.acquire('a').catch(() => undefined))
  await clock.advance(50)
  const next = living.acquire('a')
  await clock.advance(50)
  // As if the process of the five waiters died: its subscriptions are gone, and it leaves no queue.
  const places = world.nodes.map((node) => structuredClone(node.state.queues.get('lock:a')))
  await clock.run(dying.close())
  await Promise.all(deaf)
  world.nodes.forEach((node, index) => node.state.queues.set('lock:a', places[index]!))
  const started = clock.monotonic()
  await clock.run(holder.release())
  expect((await clock.run(next)).acquisition.handedOver).toBe(true)
  expect(clock.monotonic() - started).toBeLessThan(5)
})

test('a client that cannot listen is not skipped forever', async () => {
  const world = new World(5)
  const { clock } = world
  const rivals = world.client({ guard: true, wait: Infinity })
  const deaf = world.client({ guard: true, wait: Infinity })
  for (const node of world.nodes) {
    const subscribe = node.subscribe.bind(node)
    let calls = 0
    // The first client may subscribe, the second one may not.
    node.subscribe = (channel, observer) => (calls++ === 0 ? subscribe(channel, observer) : () => undefined)
  }
  let sections = 0
  let ended = false
  const work = async (): Promise<void> => {
    while (!ended) {
      await rivals.using('a', () => new Promise<void>((resolve) => void clock.after(5, resolve)))
      sections++
    }
  }
  const working = [work(), work(), work()]
  await clock.advance(1_000)
  const before = sections
  const waiting = deaf.acquire('a')
  const lock = await clock.run(waiting, 5_000)
  expect(sections - before).toBeLessThan(400)
  ended = true
  await clock.run(lock.release())
  await clock.run(Promise.all(working))
})
