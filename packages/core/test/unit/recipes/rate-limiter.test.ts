import { describe, expect, test } from '@jest/globals'
import {
  memoryCounterStore,
  RateLimiter,
  redisCounterStore,
  type CounterStore,
} from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

function limiters(world: World, count: number, options = { limit: 3, window: 1_000 }) {
  const store = memoryCounterStore({ clock: world.clock })
  return Array.from(
    { length: count },
    () => new RateLimiter(world.client(), 'api', { ...options, store, clock: world.clock }),
  )
}

test('all processes together take no more than the limit in a window', async () => {
  const world = new World(5)
  const all = limiters(world, 4)
  const decisions = await world.clock.run(
    Promise.all(all.flatMap((limiter) => [limiter.tryTake('user-1'), limiter.tryTake('user-1')])),
  )
  expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(3)
  expect(decisions.filter(({ allowed }) => !allowed)).toContainEqual({
    allowed: false,
    remaining: 0,
    resetAfter: expect.any(Number),
  })
})

test('the next window begins by the clock of the store, and keys are independent', async () => {
  const world = new World(3)
  const [limiter] = limiters(world, 1)
  const take = (key: string, cost: number) => world.clock.run(limiter!.tryTake(key, { cost }))
  expect(await take('a', 2)).toEqual({ allowed: true, remaining: 1, resetAfter: 1_000 })
  await world.clock.advance(400)
  expect(await take('a', 2)).toEqual({ allowed: false, remaining: 1, resetAfter: 600 })
  expect(await take('b', 3)).toMatchObject({ allowed: true, remaining: 0 })
  await world.clock.advance(600)
  expect(await take('a', 3)).toEqual({ allowed: true, remaining: 0, resetAfter: 1_000 })
})

test('a caller that waits gets its turn in a later window, unless it aborts', async () => {
  const world = new World(3)
  const [limiter] = limiters(world, 1, { limit: 2, window: 1_000 })
  const started = world.clock.monotonic()
  const times = await world.clock.run(
    Promise.all(
      Array.from({ length: 6 }, async () => {
        await limiter!.take('a')
        return Math.floor((world.clock.monotonic() - started) / 1_000)
      }),
    ),
  )
  expect([...times].sort()).toEqual([0, 0, 1, 1, 2, 2])
  const controller = new AbortController()
  const waiting = limiter!.take('a', { signal: controller.signal })
  await world.clock.advance(10)
  controller.abort(new Error('enough'))
  await expect(world.clock.run(waiting)).rejects.toThrow('enough')
})

describe('a process that is paused during the write for longer than its TTL', () => {
  /** Limiters of two processes on one store. The first write of the first process waits until the test releases it. */
  function pausedWriter(limit: number) {
    const world = new World(3)
    const store = memoryCounterStore({ clock: world.clock })
    let proceed: () => void = () => undefined
    let stopped = false
    const pausing: CounterStore = {
      read: (key) => store.read(key),
      async write(key, change) {
        if (!stopped) {
          stopped = true
          await new Promise<void>((resolve) => (proceed = resolve))
        }
        return store.write(key, change)
      },
    }
    const limiter = (own: CounterStore) =>
      new RateLimiter(world.client(), 'api', { limit, window: 60_000, store: own, clock: world.clock })
    const paused = limiter(pausing).tryTake('user-1')
    paused.catch(() => undefined)
    return { world, store, paused, other: limiter(store), proceed: () => proceed() }
  }

  /** The lock of the first process expires on the nodes, as it does when the whole process is stopped. */
  async function expires(world: World): Promise<void> {
    for (const node of world.nodes) {
      node.script = ({ kind }) => (kind === 'extend' ? { vote: 'unknown', reason: 'stopped' } : undefined)
    }
    await world.clock.advance(6_000)
    for (const node of world.nodes) node.script = undefined
  }

  test('a paused process takes nothing if another process has used up the limit', async () => {
    const { world, store, paused, other, proceed } = pausedWriter(1)
    await world.clock.advance(100)
    await expires(world)
    expect(await world.clock.run(other.tryTake('user-1'))).toMatchObject({ allowed: true })
    proceed()
    await expect(world.clock.run(paused)).rejects.toMatchObject({
      code: 'LOST',
      message: expect.stringContaining('nothing was taken'),
    })
    expect(await store.read('rate:api:user-1')).toMatchObject({ count: 1 })
  })

  test('a paused process counts if no other process has taken anything', async () => {
    const { world, store, paused, proceed } = pausedWriter(1)
    await world.clock.advance(100)
    await expires(world)
    proceed()
    expect(await world.clock.run(paused)).toMatchObject({ allowed: true })
    expect(await store.read('rate:api:user-1')).toMatchObject({ count: 1 })
  })

  test('a paused process counts in the current window and does not move its end', async () => {
    const world = new World(1)
    const store = memoryCounterStore({ clock: world.clock })
    expect(await store.write('k', { from: 0, to: 1, window: 1_000 })).toBe(true)
    world.clock.stall(1_500)
    expect(await store.write('k', { from: 0, to: 1, window: 1_000 })).toBe(true)
    world.clock.stall(600)
    // Read in the first window, written in the second one, where the count is the same.
    expect(await store.write('k', { from: 1, to: 2, window: 1_000 })).toBe(true)
    expect(await store.write('k', { from: 1, to: 2, window: 1_000 })).toBe(false)
    expect(await store.write('k', { from: 0, to: 1, window: 1_000 })).toBe(false)
    expect(await store.read('k')).toEqual({ count: 2, remaining: 400 })
  })
})

test('a window that ends between the read and the write is counted again', async () => {
  const world = new World(1)
  const store = memoryCounterStore({ clock: world.clock })
  let ended = false
  const slow: CounterStore = {
    read: (key) => store.read(key),
    async write(key, change) {
      if (change.from > 0 && !ended) {
        ended = true
        world.clock.stall(1_000)
      }
      return store.write(key, change)
    },
  }
  const limiter = new RateLimiter(world.client(), 'api', { limit: 2, window: 1_000, store: slow })
  await world.clock.run(limiter.tryTake('a'))
  expect(await world.clock.run(limiter.tryTake('a'))).toEqual({
    allowed: true,
    remaining: 1,
    resetAfter: 1_000,
  })
})

test('a store that does not report its writes, or never writes, is named in the error', async () => {
  const world = new World(1)
  const take = (written: unknown) => {
    const store = { read: async () => undefined, write: async () => written } as CounterStore
    return world.clock.run(
      new RateLimiter(world.client(), 'api', { limit: 1, window: 1_000, store }).tryTake('a'),
    )
  }
  await expect(take(undefined)).rejects.toThrow(
    'Expected `store.write` to resolve to true or false, got undefined',
  )
  await expect(take(false)).rejects.toThrow('`store.write` resolved to false 10 times in a row')
  expect(world.holders('rate:api:a')).toEqual([])
})

test('windows that are over do not stay in memory forever', async () => {
  const world = new World(1)
  const store = memoryCounterStore({ clock: world.clock })
  let reads = 0
  for (let key = 0; key < 10_000; key++) {
    await store.write(`key-${key}`, { from: 0, to: 1, window: 10 })
    world.clock.stall(1)
  }
  for (let key = 0; key < 10_000; key++) if (await store.read(`key-${key}`)) reads++
  expect(reads).toBeLessThanOrEqual(10)
})

test('the Redis store works with node-redis and with ioredis', async () => {
  const sent: string[][] = []
  const answer = (args: string[]) => {
    sent.push(args)
    return Promise.resolve(args[0] === 'PTTL' ? 250 : args[0] === 'EVAL' ? 1 : '2')
  }
  const nodeRedis = { sendCommand: answer }
  const ioredis = {
    call: (...args: string[]) => answer(args),
    sendCommand: () => Promise.reject(new Error('no')),
  }
  for (const client of [nodeRedis, ioredis]) {
    const store = redisCounterStore(client)
    expect(await store.read('k')).toEqual({ count: 2, remaining: 250 })
    expect(await store.write('k', { from: 2, to: 3, window: 500 })).toBe(true)
  }
  const one = [
    ['PTTL', 'counter:k'],
    ['GET', 'counter:k'],
    ['EVAL', expect.stringContaining('KEEPTTL'), '1', 'counter:k', '2', '3', '500'],
  ]
  expect(sent).toEqual([...one, ...one])
})

test('invalid arguments are rejected by name', async () => {
  const redlock = new World(1).client()
  const make = (options: unknown) => () => new RateLimiter(redlock, 'api', options as never)
  expect(make(undefined)).toThrow('Expected `options` to be given')
  expect(make({ window: 1 })).toThrow('Expected `limit` to be given')
  expect(make({ limit: 0, window: 1 })).toThrow(RangeError)
  expect(make({ limit: 1, window: 1 })).toThrow(
    'Expected `store` to be given, got undefined: the processes that share a limit must share its counters. ' +
      'Pass redisCounterStore(client) to limit all processes, or memoryCounterStore() to limit only this one',
  )
  expect(make({ limit: 1, window: 1, store: {} })).toThrow('Expected `store` to be a counter store')
  expect(() => redisCounterStore({} as never)).toThrow(
    'Expected `client` to be a node-redis or ioredis client',
  )
  const limiter = new RateLimiter(redlock, 'api', { limit: 2, window: 1, store: memoryCounterStore() })
  await expect(limiter.tryTake('a', { cost: 3 })).rejects.toThrow(RangeError)
})
