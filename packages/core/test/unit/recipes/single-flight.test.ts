import { expect, test } from '@jest/globals'
import { singleFlight, type SingleFlightOptions } from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

function cacheOf(world: World, loadTime = 50) {
  const cache = new Map<string, number>()
  let loads = 0
  const options = (more: Partial<SingleFlightOptions<number>> = {}): SingleFlightOptions<number> => ({
    read: () => cache.get('k'),
    load: async () => {
      loads++
      await new Promise<void>((resolve) => world.clock.after(loadTime, resolve))
      return 42
    },
    write: (value) => cache.set('k', value),
    ...more,
  })
  return { cache, options, loads: () => loads }
}

test('a stampede of callers in several processes loads once', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 1
  const { options, loads } = cacheOf(world)
  const clients = Array.from({ length: 4 }, () => world.client())
  const calls = clients.flatMap((client) =>
    Array.from({ length: 25 }, () => singleFlight(client, 'k', options())),
  )
  expect(new Set(await world.clock.run(Promise.all(calls)))).toEqual(new Set([42]))
  expect(loads()).toBe(1)
})

test('a cache hit sends no command to any node', async () => {
  const world = new World(3)
  const { cache, options } = cacheOf(world)
  cache.set('k', 0)
  expect(await singleFlight(world.client(), 'k', options())).toBe(0)
  expect(world.commands).toBe(0)
})

test('a caller that cannot acquire the lock in time follows `otherwise`', async () => {
  const world = new World(3)
  const { cache, options, loads } = cacheOf(world)
  await world.clock.run(world.client().acquire('flight:k'))
  const call = (more: Partial<SingleFlightOptions<number>>) =>
    world.clock.run(singleFlight(world.client(), 'k', options({ wait: 100, ...more })))
  await expect(call({ otherwise: 'reject' })).rejects.toMatchObject({ code: 'CONTENDED' })
  expect(await call({ otherwise: () => 7 })).toBe(7)
  expect(loads()).toBe(0)
  expect(await call({})).toBe(42)
  expect(cache.size).toBe(0)
})

test('without a quorum the value is loaded anyway, unless `otherwise` is reject', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.disconnect()
  const { options } = cacheOf(world)
  expect(await world.clock.run(singleFlight(world.client(), 'k', options({ wait: 0 })))).toBe(42)
  const rejecting = singleFlight(world.client(), 'k', options({ wait: 0, otherwise: 'reject' }))
  await expect(world.clock.run(rejecting)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('a value that was loaded by a caller that lost the lock is returned, not written', async () => {
  const world = new World(3)
  const client = world.client()
  const { cache, options } = cacheOf(world)
  let aborted = false
  const load = async (signal: AbortSignal) => {
    await client.forceRelease('flight:k')
    aborted = signal.aborted
    return 1
  }
  expect(await world.clock.run(singleFlight(client, 'k', options({ load })))).toBe(1)
  expect([aborted, cache.size]).toEqual([true, 0])
})

test('a flight that was handed over lasts for its whole TTL, even for a load that keeps the process busy', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 1
  const { cache, options } = cacheOf(world)
  const held = await world.clock.run(world.client({ guard: true }).acquire('flight:k'))
  const busy = () => {
    world.clock.stall(5_000)
    return 42
  }
  const flight = singleFlight(world.client({ guard: true }), 'k', options({ load: busy }))
  await world.clock.advance(100)
  void held.release()
  expect(await world.clock.run(flight)).toBe(42)
  expect(cache.get('k')).toBe(42)
})

test('a flight that was handed over and lost before it began follows `otherwise`', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 1
  const { cache, options } = cacheOf(world)
  const held = await world.clock.run(world.client({ guard: true }).acquire('flight:k'))
  const flight = singleFlight(world.client({ guard: true }), 'k', options())
  await world.clock.advance(100)
  for (const node of world.nodes) node.intercept = ({ kind }) => kind === 'extend'
  void held.release()
  expect(await world.clock.run(flight)).toBe(42)
  expect(cache.get('k')).toBeUndefined()
})

test('a failed load rejects for all callers that share it, and the next caller tries again', async () => {
  const world = new World(3)
  const client = world.client()
  const { options } = cacheOf(world)
  const load = () => Promise.reject(new Error('down'))
  const calls = [1, 2].map(() => singleFlight(client, 'k', options({ load })))
  const results = await world.clock.run(Promise.allSettled(calls))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await world.clock.run(singleFlight(client, 'k', options()))).toBe(42)
})

test('an abort ends the wait of one caller, not the load of the others', async () => {
  const world = new World(3)
  const client = world.client()
  const { options } = cacheOf(world)
  const controller = new AbortController()
  const impatient = singleFlight(client, 'k', options({ signal: controller.signal }))
  const patient = singleFlight(client, 'k', options())
  await world.clock.advance(10)
  controller.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  expect(await world.clock.run(patient)).toBe(42)
})

test('invalid arguments are rejected by name', async () => {
  const world = new World(1)
  const { options } = cacheOf(world)
  const call = (given: unknown) => singleFlight(world.client(), 'k', given as SingleFlightOptions<number>)
  await expect(call(undefined)).rejects.toThrow('Expected `options` to be given')
  await expect(call({ ...options(), load: 1 })).rejects.toThrow('Expected `load` to be a function')
  await expect(call({ ...options(), otherwise: 'fail' })).rejects.toThrow('Expected `otherwise`')
})
