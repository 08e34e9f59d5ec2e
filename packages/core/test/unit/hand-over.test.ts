import { describe, expect, test } from '@jest/globals'
import type { Lock } from '../../src/lock.js'
import type { AcquireOptions } from '../../src/options.js'
import type { Redlock } from '../../src/redlock.js'
import type { FakeNode } from '../support/fake-node.js'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

/** A lock with a holder and one waiter, with no command in flight. */
async function contended(
  world: World,
  options: AcquireOptions = {},
): Promise<{ holder: Lock; waiter: Redlock; waiting: Promise<Lock> }> {
  for (const node of world.nodes) node.delay = 1
  const holder = await world.clock.run(world.client({ guard: true }).acquire('a'))
  const waiter = world.client({ guard: true })
  const waiting = waiter.acquire('a', options)
  waiting.catch(() => undefined)
  await world.clock.advance(100)
  for (const node of world.nodes) node.log.length = 0
  return { holder, waiter, waiting }
}

const stampOf = (node: FakeNode): string => [...node.state.markers.values()][0]!.stamp

const acquires = (world: World): number => world.nodes.reduce((sum, node) => sum + node.sent('acquire'), 0)

/** From now on the node answers an acquire only when the test calls the returned function. */
function holdBack(node: FakeNode): () => void {
  const held: (() => void)[] = []
  node.intercept = (command, run, answer) => {
    if (command.kind !== 'acquire') return false
    const reply = run()
    held.push(() => {
      answer(reply)
    })
    return true
  }
  return () => {
    for (const say of held) say()
  }
}

describe('a lock that the nodes hand over', () => {
  test('a lock that is handed over is acquired without another request, one way after its release', async () => {
    const world = new World(5)
    const { holder, waiting } = await contended(world)
    void holder.release()
    expect(await world.clock.time(waiting)).toBeLessThanOrEqual(2)
    expect(acquires(world)).toBe(0)
    expect((await waiting).held).toBe(true)
  })

  test('a lock that is handed over is extended at once to the requested TTL', async () => {
    const world = new World(5)
    const { holder, waiting } = await contended(world, { ttl: 20_000, autoExtend: false })
    void holder.release()
    const lock = await world.clock.run(waiting)
    expect(lock.remaining()).toBeGreaterThan(2_500)
    expect(lock.remaining()).toBeLessThan(3_000)
    await world.clock.advance(5)
    expect(lock.remaining()).toBeGreaterThan(19_000)
    expect(world.holders('a')).toHaveLength(5)
    expect(world.nodes.map((node) => node.sent('extend'))).toEqual([1, 1, 1, 1, 1])
    await world.clock.advance(19_000)
    expect(lock.held).toBe(true)
    expect(world.nodes.map((node) => node.sent('extend'))).toEqual([1, 1, 1, 1, 1])
  })

  test('the time of a handover counts from the attempt that created the place, not from the handover', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world, { autoExtend: false })
    const asked = world.clock.monotonic()
    await world.clock.advance(700)
    for (const node of world.nodes) node.script = ({ kind }) => (kind === 'extend' ? gone : undefined)
    void holder.release()
    const lock = await world.clock.run(waiting)
    // The place was created or renewed at the beginning, and the nodes report how much of its 3 s is left.
    expect(lock.remaining()).toBeLessThanOrEqual(asked + 3_000 - 700 - world.clock.monotonic())
  })

  test('a lock that was handed over is lost in time if no node can extend it', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world, { ttl: 20_000 })
    for (const node of world.nodes) node.intercept = ({ kind }) => kind === 'extend'
    void holder.release()
    const lock = await world.clock.run(waiting)
    await world.clock.advance(2_000)
    expect(lock.held).toBe(true)
    await world.clock.advance(1_000)
    expect(lock.held).toBe(false)
    expect(lock.signal.aborted).toBe(true)
  })

  test('a lock of which too little time is left is requested again', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world, { ttl: 110, wait: 10_000 })
    void holder.release()
    const lock = await world.clock.run(waiting)
    expect(acquires(world)).toBeGreaterThan(0)
    expect(lock.remaining()).toBeGreaterThan(90)
  })

  test('a lock that was handed over may be held for its whole maxHold, regardless of the length of the wait', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world, { ttl: 300, maxHold: 400, wait: 10_000 })
    await world.clock.advance(850)
    void holder.release()
    const lock = await world.clock.run(waiting)
    await world.clock.advance(390)
    expect(lock.held).toBe(true)
    await world.clock.advance(20)
    expect(lock.held).toBe(false)
  })

  test('a handover from fewer than a quorum is confirmed by a round', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world)
    for (const node of world.nodes.slice(1)) node.mutesWakeUps = true
    void holder.release()
    const lock = await world.clock.run(waiting)
    expect(acquires(world)).toBe(3)
    expect(lock.held).toBe(true)
    await world.clock.advance(5)
    expect(world.holders('a')).toHaveLength(3)
  })

  test('a handover does not count if it names an earlier attempt', async () => {
    const world = new World(3)
    const { holder, waiter, waiting } = await contended(world)
    const name = world.node(0).waitersOf('lock:a')[0] as string
    // Like a message that was in flight for longer than the lock was held.
    const stale = { remaining: 3_000, deadline: world.clock.wall() - 1_000, stamp: stampOf(world.node(0)) }
    for (const node of world.nodes) node.announce(name, stale)
    await world.clock.advance(20)
    let got = false
    void waiting.then(() => (got = true))
    await settle()
    expect(got).toBe(false)
    expect(acquires(world)).toBe(3)
    await world.clock.run(holder.release())
    await world.clock.run(waiting)
    await world.clock.run(waiter.close())
  })

  test('a handover under other seats than the client knows does not count', async () => {
    const world = new World(3)
    const { holder, waiter, waiting } = await contended(world)
    for (const node of world.nodes) {
      const [place] = node.state.queues.get('lock:a')!
      const stamp = `${stampOf(node)}/1`
      node.announce(place!.id, { remaining: 2_900, deadline: place!.deadline, stamp })
    }
    await world.clock.advance(20)
    let got = false
    void waiting.then(() => (got = true))
    await settle()
    expect(got).toBe(false)
    await world.clock.run(holder.release())
    await world.clock.run(waiting)
    await world.clock.run(waiter.close())
  })

  test('a handover by an untrusted node does not count', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 1
    await world.clock.run(world.client({ guard: true }).acquire('a'))
    const waiting = world.client({ guard: true }).acquire('a')
    await world.clock.advance(100)
    const words = world.nodes.map((node) => {
      const [place] = node.state.queues.get('lock:a')!
      return () => {
        node.announce(place!.id, { remaining: 2_900, deadline: place!.deadline, stamp: stampOf(node) })
      }
    })
    words[0]!()
    await world.clock.advance(2)
    // The node restarts with all its data, but its earlier message no longer proves anything.
    world.node(0).restart({ keep: true })
    words[1]!()
    await world.clock.advance(2)
    let got = false
    void waiting.then(() => (got = true))
    await settle()
    expect(got).toBe(false)
  })

  test('a handover is released if the wait has been aborted or closed', async () => {
    for (const end of ['abort', 'close'] as const) {
      const world = new World(3)
      const controller = new AbortController()
      const { holder, waiter, waiting } = await contended(world, { signal: controller.signal })
      for (const node of world.nodes) node.mutesWakeUps = true
      void holder.release()
      await world.clock.advance(5)
      expect(world.holders('a')).toHaveLength(3)
      if (end === 'abort') controller.abort(new Error('enough'))
      else void waiter.close()
      await expect(world.clock.run(waiting)).rejects.toThrow(end === 'abort' ? 'enough' : 'closed')
      await world.clock.advance(5)
      expect(world.holders('a')).toEqual([])
    }
  })

  test('a late answer to an earlier attempt does not release a handover', async () => {
    const world = new World(3)
    for (const node of world.nodes) node.delay = 1
    const holder = await world.clock.run(world.client({ guard: true }).acquire('a'))
    const say = holdBack(world.node(2))
    const waiting = world.client({ guard: true }).acquire('a')
    await world.clock.advance(100)
    void holder.release()
    const lock = await world.clock.run(waiting)
    await world.clock.advance(5)
    say()
    await world.clock.advance(5)
    expect(lock.held).toBe(true)
    expect(world.holders('a')).toHaveLength(3)
    await world.clock.run(lock.release())
    await world.clock.advance(5)
    expect(world.holders('a')).toEqual([])
    expect(world.waiters('a')).toBe(0)
  })

  test('a handover leaves no place behind on a node that received its release late', async () => {
    const world = new World(3)
    const { holder, waiting } = await contended(world)
    world.node(2).script = ({ kind }) => (kind === 'release' ? busy : undefined)
    void holder.release()
    const lock = await world.clock.run(waiting)
    expect(world.node(2).waitersOf('lock:a')).toHaveLength(1)
    world.node(2).script = undefined
    await world.clock.run(lock.release())
    expect(world.node(2).waitersOf('lock:a')).toEqual([])
  })

  test('a waiter that wants a token or several resources is woken instead', async () => {
    for (const options of [{ fencing: true }, {}]) {
      const world = new World(3)
      for (const node of world.nodes) node.delay = 1
      const holder = await world.clock.run(world.client({ ...options, guard: true }).acquire('a'))
      const client = world.client({ ...options, guard: true })
      const waiting = client.acquire(options.fencing === true ? 'a' : ['a', 'b'])
      await world.clock.advance(100)
      for (const node of world.nodes) node.log.length = 0
      void holder.release()
      const lock = await world.clock.run(waiting)
      expect(acquires(world)).toBe(3)
      expect(lock.held).toBe(true)
    }
  })
})

const gone = { vote: 'refused', reason: 'gone' } as const
const busy = { vote: 'failed', reason: 'BUSY' } as const
