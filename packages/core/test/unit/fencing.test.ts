import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ManualClock } from '../support/manual-clock.js'
import { World } from '../support/world.js'

const seed = Number(process.env['QUORUMLOCK_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

function off(clock: ManualClock, hours: number) {
  return {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall() + hours * 3_600_000,
    timer: (delay: number, task: () => void) => clock.timer(delay, task),
  }
}

test('a token is a bigint near the time in microseconds, and costs no round trip', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 5
  const redlock = world.client({ fencing: true })
  const work = redlock.acquire('a')
  expect(await world.clock.time(work)).toBe(10)
  const { token } = await work
  expect(typeof token).toBe('bigint')
  expect(Math.abs(Number(token) / 1_000 - world.clock.wall())).toBeLessThan(100)
  expect((await world.clock.run(world.client().acquire('b'))).token).toBeUndefined()
})

test('tokens increase from lock to lock even if clocks are hours wrong', async () => {
  const world = new World(5)
  const clients = [0, -9, 4, -2].map((hours) =>
    world.client({ fencing: true, clock: off(world.clock, hours) }),
  )
  let last = 0n
  for (let round = 0; round < 40; round++) {
    const lock = await world.clock.run(clients[(round * 7) % 4]!.acquire('a'))
    expect(lock.token! > last).toBe(true)
    last = lock.token!
    await world.clock.run(lock.release())
    if (round % 3 === 0) await world.clock.advance(1)
  }
})

test('a stale proposal is followed by a higher one in the same tick, with its release first', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.delay = 5
  const ahead = world.client({ fencing: true, clock: off(world.clock, 5) })
  await world.clock.run(ahead.using('a', () => undefined))
  await world.clock.advance(50)
  // One node has no counter, and grants the low proposal.
  world.node(2).flush()
  const before = world.nodes.map((node) => node.log.length)
  const behind = world.client({ fencing: true })
  const work = behind.acquire('a')
  expect(await world.clock.time(work)).toBe(20)
  await world.clock.advance(50)
  const kinds = world.nodes.map((node, index) => node.log.slice(before[index]).map(({ kind }) => kind))
  expect(kinds[0]).toEqual(['acquire', 'acquire'])
  expect(kinds[2]).toEqual(['acquire', 'release', 'acquire'])
  const [first, second] = world
    .node(0)
    .log.slice(before[0])
    .map((command) => (command.kind === 'acquire' ? command : undefined))
  expect(second!.value).not.toBe(first!.value)
  expect(world.holders('a')).toHaveLength(3)
})

test('nodes that always report a higher token do not keep the client busy forever', async () => {
  const world = new World(3)
  let counter = 4e15
  for (const node of world.nodes) {
    node.script = ({ kind }) =>
      kind === 'acquire' ? { vote: 'refused', reason: 'stale', counter: (counter += 1_000) } : undefined
  }
  const redlock = world.client({ fencing: true })
  await world.clock.runToError(redlock.acquire('a', { wait: 0 }))
  expect(world.node(0).sent('acquire')).toBe(8)
  await world.clock.runToError(redlock.acquire('a', { wait: 5_000 }))
  expect(world.node(0).sent('acquire')).toBeLessThan(8 * 200)
})

test('the next waiter gets a new token with the lock', async () => {
  const world = new World(3)
  const redlock = world.client({ fencing: true })
  const lock = await world.clock.run(redlock.acquire('a'))
  const waiting = redlock.acquire('a')
  await world.clock.advance(500)
  void lock.release()
  const next = await world.clock.run(waiting, 100)
  expect(next.token! > lock.token!).toBe(true)
})

test('a repair writes the token, but never over a higher one', async () => {
  const world = new World(3)
  const lock = await world.clock.run(world.client({ fencing: true, ttl: 3_000 }).acquire('a'))
  await world.clock.advance(1)
  world.node(0).flush()
  world.node(1).flush()
  world.node(1).state.counters.set('lock:a', { token: Number(lock.token) + 5, expiresAt: Infinity })
  // Below a majority nothing is repaired. With one more node there is a majority, which repairs.
  world.node(0).state.locks.set('lock:a', { value: lock.value, expiresAt: world.node(0).now() + 3_000 })
  await world.clock.run(lock.extend())
  await world.clock.advance(1)
  expect(world.holders('a')).toEqual(['n1', 'n3'])
  expect(world.node(1).sent('repair')).toBe(1)
  world.node(1).state.counters.clear()
  await world.clock.run(lock.extend())
  await world.clock.advance(1)
  expect(world.holders('a')).toHaveLength(3)
  expect(world.node(1).state.counters.get('lock:a')!.token).toBe(Number(lock.token))
})

test(`tokens are ordered like the grants for any clocks, delays and faults (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: -10, max: 10 }), { minLength: 3, maxLength: 3 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 15 })),
      fc.nat({ max: 4 }),
      async (size, hours, delays, frozen) => {
        const world = new World(size)
        for (const node of world.nodes) node.delay = () => delays.next().value as number
        if (size >= 3) {
          world.clock.after(40, () => world.node(frozen % size).freeze())
          world.clock.after(600, () => world.node(frozen % size).thaw())
        }
        const granted: bigint[] = []
        const works = hours.flatMap((by) => {
          const client = world.client({ fencing: true, ttl: 2_000, clock: off(world.clock, by) })
          return Array.from({ length: 4 }, () =>
            client.using('a', { wait: 60_000 }, async (lock) => {
              granted.push(lock.token!)
              await new Promise<void>((resolve) => world.clock.after(5, resolve))
            }),
          )
        })
        await world.clock.run(Promise.all(works), 60_000)
        expect(granted).toHaveLength(12)
        for (let index = 1; index < granted.length; index++) {
          expect(granted[index]! > granted[index - 1]!).toBe(true)
        }
      },
    ),
    { seed, numRuns: 60 },
  )
})
