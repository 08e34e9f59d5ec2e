import { expect, test } from '@jest/globals'
import { memoryCounterStore, RateLimiter, redisCounterStore } from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

function limiters(world: World, count: number, options = { limit: 3, window: 1_000 }) {
  const store = memoryCounterStore({ clock: world.clock })
  return Array.from(
    { length: count },
    () => new RateLimiter(world.client(), 'api', { ...options, store, clock: world.clock }),
  )
}

test('no more than the limit is taken in a window by all processes together', async () => {
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

test('the next window begins when the store says so, and keys do not touch each other', async () => {
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

test('who waits gets its turn in a later window, unless it gives up', async () => {
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

test('windows that are over do not stay in memory for ever', async () => {
  const world = new World(1)
  const store = memoryCounterStore({ clock: world.clock })
  let reads = 0
  for (let key = 0; key < 10_000; key++) {
    await store.write(`key-${key}`, { count: 1, remaining: 10 })
    world.clock.stall(1)
  }
  for (let key = 0; key < 10_000; key++) if (await store.read(`key-${key}`)) reads++
  expect(reads).toBeLessThanOrEqual(10)
})

test('the Redis store speaks to node-redis and to ioredis alike', async () => {
  const sent: string[][] = []
  const answer = (args: string[]) => {
    sent.push(args)
    return Promise.resolve(args[0] === 'PTTL' ? 250 : '2')
  }
  const nodeRedis = { sendCommand: answer }
  const ioredis = {
    call: (...args: string[]) => answer(args),
    sendCommand: () => Promise.reject(new Error('no')),
  }
  for (const client of [nodeRedis, ioredis]) {
    const store = redisCounterStore(client)
    expect(await store.read('k')).toEqual({ count: 2, remaining: 250 })
    await store.write('k', { count: 3, remaining: 249.6 })
  }
  const one = [
    ['PTTL', 'counter:k'],
    ['GET', 'counter:k'],
    ['SET', 'counter:k', '3', 'PX', '250'],
  ]
  expect(sent).toEqual([...one, ...one])
})

test('wrong arguments are told by name', async () => {
  const redlock = new World(1).client()
  const make = (options: unknown) => () => new RateLimiter(redlock, 'api', options as never)
  expect(make(undefined)).toThrow('Expected `options` to be given')
  expect(make({ window: 1 })).toThrow('Expected `limit` to be given')
  expect(make({ limit: 0, window: 1 })).toThrow(RangeError)
  expect(make({ limit: 1, window: 1, store: {} })).toThrow('Expected `store` to be a counter store')
  expect(() => redisCounterStore({} as never)).toThrow(
    'Expected `client` to be a node-redis or an ioredis client',
  )
  const limiter = new RateLimiter(redlock, 'api', { limit: 2, window: 1 })
  await expect(limiter.tryTake('a', { cost: 3 })).rejects.toThrow(RangeError)
})
