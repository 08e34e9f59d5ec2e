import { describe, expect, test } from '@jest/globals'
import { DeadlockError, type Redlock } from '../../../src/index.js'
import { World } from '../../support/world.js'

function client(world: World, onCycle: 'warn' | 'reject' = 'reject'): Redlock {
  return world.client({ deadlockDetection: { onCycle } })
}

const pause = (world: World, time: number) => new Promise<void>((resolve) => world.clock.after(time, resolve))

describe('deadlock detection with `onCycle` reject', () => {
  test('a task that waits for a lock of its own caller is rejected at once', async () => {
    const world = new World(3)
    const redlock = client(world)
    const started = world.clock.monotonic()
    const error = await world.clock.runToError(
      redlock.using('a', { label: 'outer' }, () => redlock.using('b', () => redlock.acquire(['a', 'c']))),
    )
    expect(error).toBeInstanceOf(DeadlockError)
    expect(error).toMatchObject({ code: 'DEADLOCK', resources: ['a', 'c'] })
    expect((error as unknown as { chain: string[] }).chain).toEqual([
      'the holder of "b" waits for "a", held by outer',
    ])
    expect(error.message).toContain('Cannot acquire "a", "c"')
    expect(world.clock.monotonic() - started).toBeLessThan(10)
    expect([...world.holders('a'), ...world.holders('b'), ...world.holders('c')]).toEqual([])
  })

  test('if tasks wait for each other in a ring, the last one is rejected and the others continue', async () => {
    const world = new World(3)
    const redlocks = [client(world), client(world), client(world)]
    const names = ['a', 'b', 'c']
    const results = await world.clock.run(
      Promise.allSettled(
        names.map((name, index) =>
          redlocks[index]!.using(name, { label: `task ${name}` }, async () => {
            await pause(world, 10 * (index + 1))
            return redlocks[index]!.using(names[(index + 1) % 3]!, () => `${name} done`)
          }),
        ),
      ),
    )
    expect(results.slice(0, 2)).toEqual([
      { status: 'fulfilled', value: 'a done' },
      { status: 'fulfilled', value: 'b done' },
    ])
    expect((results[2] as PromiseRejectedResult).reason.chain).toEqual([
      'task c waits for "a", held by task a',
      'task a waits for "b", held by task b',
      'task b waits for "c", held by task c',
    ])
  })

  test('a ring is found through a task that waits deep inside another task', async () => {
    const world = new World(3)
    const redlock = client(world)
    const results = await world.clock.run(
      Promise.allSettled([
        redlock.using('a', async () => {
          await pause(world, 10)
          await redlock.using('x', () => redlock.using('y', () => redlock.using('b', () => 'first')))
        }),
        redlock.using('b', async () => {
          await pause(world, 20)
          await redlock.using('a', () => 'second')
        }),
      ]),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('a task that waits for one that makes progress is not rejected', async () => {
    const world = new World(3)
    const redlock = client(world)
    const order: string[] = []
    await world.clock.run(
      Promise.all([
        redlock.using('a', async () => {
          await pause(world, 10)
          await redlock.using('b', () => pause(world, 10))
          order.push('first')
        }),
        redlock.using('c', () => redlock.using('a', () => order.push('second'))),
        redlock.using('b', () => pause(world, 50)),
      ]),
    )
    expect(order).toEqual(['first', 'second'])
  })

  test('siblings that want the same lock inside one task do not wait for themselves', async () => {
    const world = new World(3)
    const redlock = client(world)
    const work = () => redlock.using('a', () => pause(world, 10))
    await world.clock.run(redlock.using('outer', () => Promise.all([work(), work(), work()])))
  })

  test('a call that does not wait is never part of a deadlock', async () => {
    const world = new World(3)
    const redlock = client(world)
    const tried = redlock.using('a', () => redlock.tryAcquire('a'))
    expect(await world.clock.run(tried)).toBeNull()
    const once = redlock.using('a', () => redlock.acquire('a', { wait: 0 }))
    expect(await world.clock.runToError(once)).toMatchObject({ code: 'CONTENDED' })
  })

  test('locks of the same name on other nodes or under another prefix are different locks', async () => {
    const world = new World(3)
    const [here, there] = [client(world), client(new World(2))]
    const prefixed = world.client({ keyPrefix: 'other:', deadlockDetection: { onCycle: 'reject' } })
    const nested = here.using('a', () => prefixed.using('a', () => 'fine'))
    expect(await world.clock.run(nested)).toBe('fine')
    expect(there.quorum).toBe(2)
  })
})

test('if `onCycle` is warn, the chain is logged and the wait continues', async () => {
  const world = new World(3)
  const redlock = client(world, 'warn')
  const error = await world.clock.runToError(redlock.using('a', () => redlock.acquire('a', { wait: 1_000 })))
  expect(error).toMatchObject({ code: 'CONTENDED' })
  const warnings = world.lines.filter(({ level }) => level === 'warn')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatchObject({
    data: { resources: ['a'], chain: ['the holder of "a" waits for "a", held by the holder of "a"'] },
  })
})

describe('locks held for very long', () => {
  const longHolds = (world: World) =>
    world.lines.filter(({ message }) => message.includes('held for very long'))

  test('a lock held for very long causes one warning with its label and the place that requested it', async () => {
    const world = new World(3)
    const redlock = world.client({ deadlockDetection: { warnAfter: 60_000, captureStack: true } })
    async function theOneWhoForgot() {
      return redlock.acquire('a', { label: 'importer' })
    }
    const lock = await world.clock.run(theOneWhoForgot())
    await world.clock.advance(59_000)
    expect(longHolds(world)).toEqual([])
    await world.clock.advance(600_000)
    expect(longHolds(world)).toHaveLength(1)
    const data = longHolds(world)[0]!.data as { heldFor: number; origin: string }
    expect(data).toMatchObject({ resources: ['a'], label: 'importer' })
    expect(data.heldFor).toBeGreaterThanOrEqual(60_000)
    expect(data.heldFor).toBeLessThan(62_000)
    expect(data.origin).toContain('theOneWhoForgot')
    await world.clock.run(lock.release())
  })

  test('the warning comes after five minutes by default, and never if it is disabled', async () => {
    const world = new World(3)
    await world.clock.run(world.client().acquire('a'))
    await world.clock.run(world.client({ deadlockDetection: false }).acquire('b'))
    await world.clock.advance(299_000)
    expect(longHolds(world)).toEqual([])
    await world.clock.advance(600_000)
    expect(longHolds(world).map(({ data }) => (data as { resources: string[] }).resources)).toEqual([['a']])
  })

  test('a detached lock causes no warning', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client().acquire('a', { ttl: 1_000_000 }))
    lock.detach()
    await world.clock.advance(900_000)
    expect(longHolds(world)).toEqual([])
  })
})

test('labels identify holders and waiters, also to other processes', async () => {
  const world = new World(3)
  const lock = await world.clock.run(world.client({ label: 'eu-1#7 ~ü' }).acquire('a'))
  const waits = world.client().acquire('a', { label: 'us-1' })
  const unnamed = world.client().acquire('a')
  await world.clock.advance(100)
  const { nodes } = await world.clock.run(world.client().inspect('a'))
  for (const node of nodes) {
    expect(node).toMatchObject({ label: 'eu-1#7 ~ü', waiterLabels: ['us-1', ''] })
  }
  await world.clock.run(lock.release())
  const second = await world.clock.run(waits)
  await world.clock.run(second.release())
  await world.clock.run(unnamed)
})

test('invalid options are rejected by name', () => {
  const world = new World(1)
  const make =
    (deadlockDetection: unknown, more = {}) =>
    () =>
      world.client({ deadlockDetection: deadlockDetection as false, ...more })
  expect(make({ onCycle: 'throw' })).toThrow("Expected `deadlockDetection.onCycle` to be 'warn' or 'reject'")
  expect(make({ captureStack: 1 })).toThrow('Expected `deadlockDetection.captureStack`')
  expect(make({ cycles: true })).toThrow('Unknown option `cycles`')
  expect(make(false, { label: '' })).toThrow('Expected `label` to be a string of 1 to 100 characters')
})
