import { describe, expect, test } from '@jest/globals'
import type { NodeReply } from '../../src/node/replies.js'
import type { Marker } from '../../src/node/stored.js'
import type { Redlock } from '../../src/redlock.js'
import { FakeNode } from '../support/fake-node.js'
import { settle } from '../support/manual-clock.js'
import { World } from '../support/world.js'

const guarded = { guard: true, restore: true }
/** An emptied node votes again by then. */
const SOON = 5_000

function markerOf(node: FakeNode): Marker | undefined {
  return [...node.state.markers.values()][0]
}

function states(redlock: Redlock) {
  return redlock.health().map(({ state }) => state)
}

/** As the first node records them. */
function incarnations(node: FakeNode): unknown[] {
  const [, ...rows] = JSON.parse(markerOf(node)!.seats) as [number, ...unknown[][]]
  return rows.map(([, incarnation]) => incarnation)
}

async function fleetOf(count: number) {
  const world = new World(count)
  const redlock = world.client(guarded)
  await world.clock.run(redlock.acquire('first'))
  return { world, clock: world.clock, redlock }
}

/** A client whose connections lead to other nodes than those of the world; those are reached under the same names. */
function clientOf(world: World, nodes: readonly FakeNode[]): Redlock {
  return world.client({ ...guarded, nodes })
}

/** Another server behind the address of the first node: one with none of its data. The first one lives on. */
function successorOf(world: World): FakeNode {
  const successor = new FakeNode('n1', world.clock)
  successor.restart({ keep: false })
  return successor
}

/** All nodes have learned that another server has taken the seat of the last one, as if other clients had seen to that. */
function takeLastSeat({ nodes }: World): void {
  for (const node of nodes) {
    const marker = markerOf(node)!
    const seats = marker.seats.replace(/"n5",1,"[^"]+","[^"]+"/, '"n5",2,"other run","other stay"')
    Object.assign(marker, { seats, stamp: `${marker.stamp}/1` })
  }
}

describe('a seat', () => {
  test('is taken anew by a server that was emptied, and all nodes and clients learn that', async () => {
    const { world, clock, redlock } = await fleetOf(5)
    const other = world.client(guarded)
    await clock.run(other.acquire('other'))
    expect(incarnations(world.node(0))).toEqual([1, 1, 1, 1, 1])
    world.node(2).restart({ keep: false })
    await clock.advance(SOON)
    expect(states(redlock)).toEqual(['up', 'up', 'up', 'up', 'up'])
    expect(new Set(world.nodes.map((node) => markerOf(node)?.seats)).size).toBe(1)
    expect(incarnations(world.node(0))).toEqual([1, 1, 2, 1, 1])
    await clock.run(other.tryAcquire('b'))
    await clock.advance(100)
    expect(states(other)).toEqual(['up', 'up', 'up', 'up', 'up'])
  })

  test.each([3, 4, 5])(
    'of %i: a server that lives on does not vote beside the one that took its seat',
    async (count) => {
      const { world, clock, redlock } = await fleetOf(count)
      const deposed = world.node(0)
      const successor = successorOf(world)
      const moved = clientOf(world, [successor, ...world.nodes.slice(1)])
      await clock.run(moved.acquire('b'))
      await clock.advance(SOON)
      expect(states(moved)).toEqual(Array.from({ length: count }, () => 'up'))

      // Of the others, a client that counts on the deposed server can have one too few.
      for (const node of world.nodes.slice(2)) node.disconnect()
      const before = deposed.sent('acquire')
      const error = await clock.runToError(redlock.tryAcquire('c'))
      expect(error.message).toContain('n1: its seat was taken by another server')
      expect(error.message).toContain('Connect to the server that has taken its place')
      expect(deposed.sent('acquire')).toBeLessThanOrEqual(before + 1)
      expect(states(redlock)[0]).toBe('suspect')
    },
  )

  test('a lock is not renewed with the vote of a server whose seat was taken', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const lock = await clock.run(redlock.acquire('a', { ttl: 60_000, autoExtend: false }))
    const moved = clientOf(world, [successorOf(world), ...world.nodes.slice(1)])
    await clock.run(moved.acquire('b'))
    await clock.advance(SOON)
    world.node(2).disconnect()
    const extending = lock.extend()
    let isDone = false
    void extending.then(() => (isDone = true))
    await clock.advance(1_000)
    expect(isDone).toBe(false)
    world.node(2).reconnect()
    await clock.run(extending)
    // Two of three have the lock and know of the new server; the one before it is not asked.
    expect(lock.votes[0]?.vote).toBe('failed')
  })

  test('a server whose seat was taken renews nothing before it was greeted, when its connection comes back', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const other = world.client(guarded)
    const lock = await clock.run(other.acquire('a', { ttl: 60_000, autoExtend: false }))
    await clock.advance(10)
    world.node(0).disconnect()
    const moved = clientOf(world, [successorOf(world), ...world.nodes.slice(1)])
    await clock.run(moved.acquire('b'))
    await clock.advance(SOON)
    await clock.run(other.tryAcquire('c'))
    expect(states(other)).toEqual(['down', 'up', 'up'])
    world.node(2).disconnect()
    const deposed = world.node(0)
    deposed.intercept = (command) => command.kind === 'greet'
    deposed.reconnect()
    const before = deposed.sent('extend')
    const extending = lock.extend()
    await clock.advance(200)
    expect(deposed.sent('extend')).toBe(before)
    world.node(2).reconnect()
    await clock.run(extending)
    expect(lock.votes[0]?.vote).toBe('failed')
    await clock.run(redlock.close())
  })

  test('is taken back by the server that had it, over a connection made after it was told', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const successor = successorOf(world)
    const moved = clientOf(world, [successor, ...world.nodes.slice(1)])
    await clock.run(moved.acquire('b'))
    await clock.advance(SOON)
    await clock.run(redlock.tryAcquire('c'))
    await clock.advance(SOON)
    expect(states(redlock)[0]).toBe('suspect')
    world.node(0).disconnect()
    world.node(0).reconnect()
    await clock.advance(2 * SOON)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(incarnations(world.node(1))).toEqual([3, 1, 1])
    await clock.run(moved.tryAcquire('d'))
    await clock.advance(SOON)
    expect(states(moved)[0]).toBe('suspect')
  })

  test('a single try is made again with what was learned, and is never refused because a seat was taken', async () => {
    const { world, clock } = await fleetOf(5)
    const clients = Array.from({ length: 4 }, () => world.client(guarded))
    // Those that hold nothing do not look at the nodes either, so they learn by being refused.
    for (const client of clients) await clock.run((await clock.run(client.acquire('a'))).release())
    for (let at = 0; at < 5; at++) {
      world.node(at).restart({ keep: false })
      await clock.advance(SOON)
      for (const client of clients) {
        const lock = await clock.run(client.tryAcquire(`once-${at}`))
        await clock.run(lock!.release())
      }
    }
    expect(incarnations(world.node(0))).toEqual([2, 2, 2, 2, 2])
  })

  test.each(['tryAcquire', 'acquire'] as const)(
    'a client that nobody has told learns by being refused, and asks again within the same %s',
    async (method) => {
      const { world, clock, redlock } = await fleetOf(5)
      const lock = await clock.run(redlock.acquire('held', { ttl: 60_000, autoExtend: false }))
      takeLastSeat(world)
      expect(await clock.run(redlock[method]('a', { wait: 0 }))).not.toBeNull()
      expect(redlock.health()[4]?.reason).toBe('its seat was taken by another server')
      await clock.run(lock.extend())
      expect(lock.votes[4]?.vote).toBe('failed')
    },
  )

  test('a round asks its later nodes as members of the fleet that it began with', async () => {
    const world = new World(5)
    const redlock = world.client({ ...guarded, spread: 'quorum' })
    await world.clock.run((await world.clock.run(redlock.acquire('a'))).release())
    const held: ((reply: NodeReply) => void)[] = []
    for (const node of world.nodes) {
      node.intercept = (command, _, answer) => command.kind === 'acquire' && held.push(answer) > 0
      node.log.length = 0
    }
    const attempt = redlock.tryAcquire('a')
    attempt.catch(() => undefined)
    await settle()
    expect(held).toHaveLength(3)
    const others = world.nodes.filter((node) => node.sent('acquire') === 0)
    for (const node of world.nodes) node.intercept = undefined
    takeLastSeat(world)
    others[0]!.disconnect()
    others[0]!.reconnect()
    await settle()
    // Now this client knows who has the fifth seat.
    expect(redlock.health()[4]?.reason).toBe('its seat was taken by another server')
    held[0]!({ vote: 'refused', reason: 'held', remaining: 1_000 })
    await settle()
    const [later] = others.flatMap(({ log }) => log.filter((command) => command.kind === 'acquire'))
    expect(later?.marker?.stamp).not.toContain('/')
    for (const answer of held.slice(1)) answer({ vote: 'refused', reason: 'held', remaining: 1_000 })
    await world.clock.run(attempt)
  })

  test('two servers emptied at once both come back, each in its seat', async () => {
    const { world, clock, redlock } = await fleetOf(5)
    world.node(1).restart({ keep: false })
    world.node(3).restart({ keep: false })
    await clock.advance(2 * SOON)
    expect(states(redlock)).toEqual(['up', 'up', 'up', 'up', 'up'])
    expect(incarnations(world.node(0))).toEqual([1, 2, 1, 2, 1])
  })

  test('without restoring, a server that waited out its quarantine has taken its seat too', async () => {
    const world = new World(3)
    const redlock = world.client({ guard: true, restore: false, ttl: 2_000 })
    await world.clock.run(redlock.acquire('a'))
    world.node(0).restart({ keep: false })
    await world.clock.advance(10_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(incarnations(world.node(1))).toEqual([2, 1, 1])
  })

  test('a server whose quarantine is lifted votes, also for clients that did not lift it', async () => {
    const world = new World(3)
    const redlock = world.client({ guard: true, restore: false })
    const other = world.client({ guard: true, restore: false })
    await world.clock.run(redlock.acquire('a', { ttl: 600_000 }))
    await world.clock.run(other.acquire('b'))
    world.node(0).restart({ keep: false })
    await world.clock.advance(1_000)
    expect(states(redlock)[0]).toBe('quarantined')
    await world.clock.run(redlock.liftQuarantine('n1'))
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    await world.clock.run(other.tryAcquire('c'))
    await world.clock.advance(6_000)
    expect(states(other)).toEqual(['up', 'up', 'up'])
  })

  test('a claim that no node took does not count, also not for the next one', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const isLost = { is: true }
    for (const node of world.nodes.slice(1)) {
      node.script = (command) =>
        isLost.is && command.kind === 'mark' && command.mode === 'seats'
          ? { vote: 'unknown', reason: 'lost' }
          : undefined
    }
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    isLost.is = false
    await clock.advance(SOON)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(incarnations(world.node(1))).toEqual([2, 1, 1])
  })

  test('where too few vote, nobody is let in by time before all who vote know it', async () => {
    const world = new World(3)
    const redlock = world.client({ guard: true, restore: false, ttl: 2_000 })
    await world.clock.run(redlock.acquire('a'))
    let isLost = true
    world.node(1).script = (command) =>
      isLost && command.kind === 'mark' && command.mode === 'seats'
        ? { vote: 'unknown', reason: 'lost' }
        : undefined
    for (const at of [0, 2]) world.node(at).restart({ keep: false })
    await world.clock.advance(10_000)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'quarantined'])
    isLost = false
    await world.clock.advance(10_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(incarnations(world.node(1))).toEqual([2, 1, 2])
  })

  test('is taken anew by a server that has the data of before again, over the same connection', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const node = world.node(0)
    const before = structuredClone(node.state)
    node.restart({ keep: false })
    node.state.run = before.run
    await clock.advance(SOON)
    expect(incarnations(world.node(1))).toEqual([2, 1, 1])
    node.state = before
    await clock.run(redlock.acquire('b'))
    await clock.advance(2 * SOON)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(incarnations(world.node(1))).toEqual([3, 1, 1])
  })

  test('after the loss of all nodes all of them vote again, and agree on who holds the seats', async () => {
    const world = new World(3)
    const redlock = world.client({ guard: true, restore: true, ttl: 2_000 })
    await world.clock.run(redlock.acquire('a'))
    for (const node of world.nodes) node.restart({ keep: true })
    await world.clock.advance(30_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(new Set(world.nodes.map((node) => markerOf(node)?.seats)).size).toBe(1)
    await world.clock.run(redlock.acquire('b'))
  })
})
