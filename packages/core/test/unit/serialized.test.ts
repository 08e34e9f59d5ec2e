import { describe, expect, test } from '@jest/globals'
import type { Lock } from '../../src/lock.js'
import type { Redlock } from '../../src/redlock.js'
import { World } from '../support/world.js'

/** A lock that one client has acquired and another one has resumed, without any message between them. */
async function handedOn(autoExtend: boolean) {
  const world = new World(5)
  const { clock } = world
  const [giver, taker, third] = [world.client(), world.client(), world.client()]
  const given = await clock.run(giver.acquire('a', { ttl: 3_000, autoExtend }))
  const json = JSON.stringify(given)
  await clock.advance(500)
  const taken = await clock.run(taker.resume(json, { autoExtend: true }))
  return { world, clock, giver, given, taker, taken, third, json }
}

describe.each([true, false])('a lock that was resumed elsewhere (autoExtend: %p)', (autoExtend) => {
  const ends: [string, (giver: Redlock, given: Lock) => Promise<unknown>][] = [
    ['lets it expire', () => Promise.resolve()],
    ['releases it', (_, given) => given.release()],
    ['closes its client', (giver) => giver.close()],
    [
      'detaches it',
      (_, given) => {
        given.detach()
        return Promise.resolve()
      },
    ],
    ['extends it', (_, given) => given.extend().catch((error: unknown) => error)],
  ]
  test.each(ends)('the receiver keeps the lock when the giver %s', async (_, end) => {
    const { world, clock, giver, given, taken, third } = await handedOn(autoExtend)
    await clock.run(end(giver, given))
    for (let passed = 0; passed < 12_000; passed += 100) {
      await clock.advance(100)
      expect(taken.held).toBe(true)
      expect(await clock.run(third.tryAcquire('a'))).toBeNull()
    }
    expect(given.held).toBe(false)
    expect(world.holders('a')).toHaveLength(5)
    expect(await clock.run(taken.release())).toBe('released')
    await clock.advance(10)
    expect(world.holders('a')).toEqual([])
  })
})

test('the next renewal of a giver reports that another process has resumed the lock', async () => {
  const { clock, given } = await handedOn(true)
  await clock.advance(1_000)
  expect(given.signal.reason).toMatchObject({ code: 'LOST', reason: 'gone' })
  expect((given.signal.reason as Error).message).toContain('another process has resumed it')
})

test('a lock that is resumed several times belongs to the last process', async () => {
  const { clock, taken, third } = await handedOn(true)
  const last = await clock.run(third.resume(taken.toJSON()))
  expect(await clock.run(taken.release())).toBe('expired')
  await clock.advance(10_000)
  expect(last.held).toBe(true)
  expect(last.toJSON()).toMatchObject({ bearer: 2, value: taken.value })
})

test('a lock that was serialized for a log and never resumed is released normally', async () => {
  const world = new World(3)
  const lock = await world.clock.run(world.client().acquire('a'))
  JSON.stringify(lock)
  await world.clock.advance(15_000)
  expect(lock.held).toBe(true)
  expect(await world.clock.run(lock.release())).toBe('released')
  expect(world.holders('a')).toEqual([])
})

describe('an interrupted resume', () => {
  test.each(['abort', 'close'])(
    'a resume interrupted by %s leaves no lease behind, so a second resume keeps the lock',
    async (how) => {
      for (let after = 0; after <= 25; after += 5) {
        const world = new World(5)
        const { clock } = world
        for (const node of world.nodes) node.delay = 10
        const given = await clock.run(world.client().acquire('a', { ttl: 2_000, autoExtend: false }))
        const json = given.toJSON()
        const first = world.client()
        const stop = new AbortController()
        const interrupted = first.resume(json, { signal: stop.signal }).catch((error: unknown) => error)
        clock.after(after, () => {
          if (how === 'abort') stop.abort('enough')
          else void first.close()
        })
        await clock.run(interrupted)
        // The resume may have finished just in time. Then it holds the lock.
        const outcome = await interrupted
        if (!(outcome instanceof Error || outcome === 'enough')) continue
        const second = await clock.run(world.client().resume(json))
        await clock.advance(10_000)
        expect(second.held).toBe(true)
        expect(world.holders('a')).toHaveLength(5)
      }
    },
  )
})

test('resume accepts the JSON string of toJSON(), and never shows a value that it rejects', async () => {
  const world = new World(3)
  const { clock } = world
  const lock = await clock.run(world.client().acquire('a'))
  const text = JSON.stringify(lock)
  expect((await clock.run(world.client().resume(text))).held).toBe(true)
  const secret = lock.value.slice(0, 8)
  const wrong: unknown[] = [
    text.slice(1),
    lock.value,
    [lock.value],
    { ...lock.toJSON(), value: [lock.value] },
  ]
  for (const json of [...wrong, JSON.stringify(text), '', 'null', { ...lock.toJSON(), bearer: -1 }]) {
    const error = await world
      .client()
      .resume(json as string)
      .catch((reason: unknown) => reason as Error)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).not.toContain(secret)
  }
})

test('close waits for a release in flight, even if the caller does not await it', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 20
  const redlock = world.client()
  const lock = await world.clock.run(redlock.acquire('a'))
  world.node(4).delay = 40
  void lock.release()
  await world.clock.run(redlock.close())
  expect(world.holders('a')).toEqual([])
  expect(world.nodes.map(({ closed }) => closed)).toEqual([1, 1, 1, 1, 1])
})

test('close waits for an unresponsive node no longer than its deadline', async () => {
  const world = new World(3)
  const redlock = world.client()
  const lock = await world.clock.run(redlock.acquire('a'))
  world.node(0).freeze()
  void lock.release()
  expect(await world.clock.time(redlock.close())).toBeLessThanOrEqual(1_010)
})

test('a lock reports how it was acquired', async () => {
  const world = new World(3)
  const { clock } = world
  const [one, two] = [world.client({ guard: true }), world.client({ guard: true })]
  const first = await clock.run(one.acquire('a'))
  expect(first.acquisition).toEqual({ attempts: 1, waited: 0, handedOver: false })
  const waiting = two.acquire('a')
  await clock.advance(700)
  await clock.run(first.release())
  const second = await clock.run(waiting)
  // The second attempt was made once the subscription was active, because an earlier release may have been missed.
  expect(second.acquisition).toEqual({ attempts: 2, waited: 700, handedOver: true })
  const resumed = await clock.run(one.resume(second.toJSON()))
  expect(resumed.acquisition).toEqual({ attempts: 0, waited: 0, handedOver: false })
})

test("a holder's own extension and the confirmation of a handover run one after the other", async () => {
  const world = new World(3)
  const { clock } = world
  const [one, two] = [world.client({ guard: true }), world.client({ guard: true })]
  const first = await clock.run(one.acquire('a'))
  const waiting = two.acquire('a', { ttl: 60_000, autoExtend: false })
  await clock.advance(100)
  // No node answers the first confirmation, so it is repeated.
  let lost = 0
  for (const node of world.nodes) {
    node.script = ({ kind }) =>
      kind === 'extend' && ++lost <= 3 ? { vote: 'unknown', reason: 'lost' } : undefined
  }
  await clock.run(first.release())
  const lock = await clock.run(waiting)
  for (const node of world.nodes) node.delay = 15
  await clock.advance(10)
  await clock.run(lock.extend(1_000))
  await clock.advance(200)
  // A later confirmation for 60 s would have made the lock longer than its holder requested.
  expect(lock.remaining()).toBeLessThanOrEqual(1_000)
  for (const node of world.nodes) {
    expect(node.state.locks.get('lock:a')!.expiresAt - node.now()).toBeLessThanOrEqual(1_000)
  }
})
