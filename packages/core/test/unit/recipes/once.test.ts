import { describe, expect, jest, test } from '@jest/globals'
import { once } from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

const never = () => new Promise<never>(() => undefined)

describe('once', () => {
  test('a second caller resolves to done for the retention time', async () => {
    const world = new World(5)
    const [a, b] = [world.client(), world.client()]
    const fn = jest.fn(() => 'paid')
    const call = (client: typeof a) => world.clock.run(once(client, 'order-1', fn, { retention: 60_000 }))
    expect(await call(a)).toEqual({ status: 'ran', value: 'paid', kept: true })
    await world.clock.advance(59_900)
    expect(await call(b)).toEqual({ status: 'done' })
    await world.clock.advance(200)
    expect(await call(b)).toEqual({ status: 'ran', value: 'paid', kept: true })
    expect(fn).toHaveBeenCalledTimes(2)
    expect(world.logged('error')).toEqual([])
  })

  test('the key stays marked as done after the client that did the work is closed', async () => {
    const world = new World(3)
    const [a, b] = [world.client(), world.client()]
    await world.clock.run(once(a, 'order-1', () => 1))
    await world.clock.run(a.close())
    expect(await world.clock.run(once(b, 'order-1', () => 2))).toEqual({ status: 'done' })
  })

  test('a maxHold of the client does not shorten the retention', async () => {
    const world = new World(3)
    const client = world.client({ ttl: 1_000, maxHold: 2_000 })
    await world.clock.run(once(client, 'order-1', () => 1, { retention: 60_000 }))
    await world.clock.advance(50_000)
    expect(await world.clock.run(once(client, 'order-1', () => 2))).toEqual({ status: 'done' })
  })

  test('a failure frees the key at once and rejects', async () => {
    const world = new World(3)
    const client = world.client()
    const failing = once(client, 'order-1', () => {
      throw new Error('declined')
    })
    await expect(world.clock.run(failing)).rejects.toThrow('declined')
    expect(await world.clock.run(once(client, 'order-1', () => 2))).toMatchObject({ status: 'ran', value: 2 })
  })

  test('a caller that does not wait resolves to running while another caller runs the work', async () => {
    const world = new World(3)
    const [a, b] = [world.client(), world.client()]
    void once(a, 'order-1', never)
    await world.clock.advance(10)
    expect(await world.clock.run(once(b, 'order-1', () => 2))).toEqual({ status: 'running' })
  })

  test('a caller that waits resolves to done once the other caller succeeds', async () => {
    const world = new World(3)
    const [a, b] = [world.client(), world.client()]
    let finish: (value: number) => void = () => undefined
    const first = once(a, 'order-1', () => new Promise<number>((resolve) => (finish = resolve)))
    await world.clock.advance(10)
    const second = once(b, 'order-1', () => 2, { wait: Infinity })
    await world.clock.advance(100_000)
    finish(1)
    expect(await world.clock.run(first)).toMatchObject({ status: 'ran', value: 1 })
    expect(await world.clock.run(second)).toEqual({ status: 'done' })
  })

  test('a turn that was handed over lasts for its whole TTL, even for work that keeps the process busy', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 1
    const held = await world.clock.run(world.client({ guard: true }).acquire('once:order-1'))
    const busy = () => {
      world.clock.stall(5_000)
    }
    const outcome = once(world.client({ guard: true }), 'order-1', busy, { wait: 5_000 })
    await world.clock.advance(100)
    // The first extension after the handover finds no majority.
    let extensions = 0
    for (const node of world.nodes) {
      node.script = ({ kind }) =>
        kind === 'extend' && extensions++ < 3 ? { vote: 'unknown', reason: 'lost' } : undefined
    }
    void held.release()
    expect(await world.clock.run(outcome)).toMatchObject({ status: 'ran', kept: true })
  })

  test('a caller that waits takes over from one that crashed', async () => {
    const world = new World(3)
    const [a, b] = [world.client({ autoExtend: false }), world.client()]
    // The state that a crash leaves on the nodes: a lock that is never renewed.
    await world.clock.run(a.acquire('once:order-1', { ttl: 2_000 }))
    const second = once(b, 'order-1', () => 2, { wait: 10_000 })
    expect(await world.clock.time(second)).toBeLessThan(2_100)
    expect(await second).toMatchObject({ status: 'ran', value: 2 })
  })

  test('nothing looks like a success before there is one', async () => {
    const world = new World(3)
    const [a, b] = [world.client(), world.client()]
    void once(a, 'order-1', never)
    await world.clock.advance(10)
    expect(await world.clock.run(b.isLocked('once:order-1'))).toBe(true)
    expect(await world.clock.run(b.isLocked('once:order-1:done'))).toBe(false)
  })

  test('the signal of the function aborts if its lock is lost and if its caller aborts', async () => {
    const world = new World(3)
    const client = world.client()
    const reasons: unknown[] = []
    const untilAborted = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason)
          resolve()
        })
      })
    const lost = once(client, 'order-1', untilAborted)
    await world.clock.advance(10)
    await world.clock.run(client.forceRelease('once:order-1'))
    expect(await world.clock.run(lost)).toMatchObject({ status: 'ran', kept: false })
    const controller = new AbortController()
    const aborted = once(client, 'order-2', untilAborted, { signal: controller.signal })
    await world.clock.advance(10)
    controller.abort('enough')
    expect(await world.clock.run(aborted)).toMatchObject({ status: 'ran', kept: true })
    expect(reasons).toEqual([expect.objectContaining({ code: 'LOST', reason: 'forced' }), 'enough'])
  })
})

test('invalid arguments are rejected by name', async () => {
  const redlock = new World(1).client()
  const call = (...args: unknown[]) => (once as (...args: unknown[]) => Promise<unknown>)(redlock, ...args)
  await expect(call('', () => 1)).rejects.toThrow('Expected `key` to be a non-empty string')
  await expect(call('x')).rejects.toThrow('Expected `fn` to be a function, got undefined')
  await expect(call('x', () => 1, { retention: 2 ** 31 })).rejects.toThrow(RangeError)
  await expect(call('x', () => 1, { wait: -1 })).rejects.toThrow('Expected `wait`')
  await expect(call('x', () => 1, { keep: 1 })).rejects.toThrow('Unknown option `keep`')
})
