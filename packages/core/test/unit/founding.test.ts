import { describe, expect, test } from '@jest/globals'
import type { Redlock } from '../../src/redlock.js'
import type { RedlockOptions } from '../../src/options.js'
import { FakeNode } from '../support/fake-node.js'
import { seededRandom } from '../support/seeded-random.js'
import { World } from '../support/world.js'

const FLEET = 'lock::quorumlock:marker'
const guarded = { guard: true, restore: false, ttl: 10_000 } as const

const states = (redlock: Redlock) => redlock.health().map(({ state }) => state)
const markerOf = (node: FakeNode) => node.state.markers.get(FLEET)

/** A client of some of the nodes. */
function clientOf(world: World, nodes: readonly FakeNode[], options: Partial<RedlockOptions> = {}): Redlock {
  return world.client({ ...guarded, random: seededRandom(nodes.length * 31), nodes, ...options })
}

async function founded(size: number, quorum?: number) {
  const world = new World(size)
  const redlock = world.client({ ...guarded, quorum })
  const lock = await world.clock.run(redlock.acquire('first'))
  await world.clock.run(lock.release())
  await world.clock.advance(100)
  return { world, clock: world.clock, redlock }
}

describe('a new fleet', () => {
  test('while a node is away, nobody gets a lock, and the message says which node and what can be done', async () => {
    const world = new World(3)
    world.node(2).disconnect()
    const redlock = world.client(guarded)
    const error = await world.clock.runToError(redlock.tryAcquire('a'))
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(error.message).toContain(
      'n1, n2: it knows of no fleet, so it is new or has lost its data, and n3 cannot be asked',
    )
    expect(error.message).toMatch(
      /Bring n3 back; or, .*quorumlock nodes found, or the option found: 'majority'$/,
    )
    expect(states(redlock)).toEqual(['new', 'new', 'down'])
    expect(world.nodes.map(markerOf)).toEqual([undefined, undefined, undefined])
    world.node(2).reconnect()
    expect(await world.clock.run(redlock.tryAcquire('a'))).not.toBeNull()
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
  })

  test('emptied nodes found no new fleet while those that remember are away', async () => {
    const { world, clock, redlock } = await founded(5)
    const lock = await clock.run(redlock.acquire('a', { ttl: 60_000 }))
    for (const index of [3, 4]) world.node(index).disconnect()
    for (const index of [0, 1, 2]) world.node(index).restart({ keep: false })
    const rival = clientOf(world, world.nodes)
    expect(await clock.runToError(rival.acquire('a', { wait: 5_000 }))).toMatchObject({ code: 'UNAVAILABLE' })
    for (const index of [3, 4]) world.node(index).reconnect()
    expect(await clock.runToError(rival.acquire('a', { wait: 5_000 }))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(states(rival).slice(0, 3)).toEqual(['quarantined', 'quarantined', 'quarantined'])
    await lock.release().catch(() => undefined)
  })

  test('a client that only looks founds nothing', async () => {
    const world = new World(3)
    const redlock = world.client({ ...guarded, found: 'never' })
    const error = await world.clock.runToError(redlock.tryAcquire('a'))
    expect(error.message).toContain('no client has founded its fleet yet')
    await world.clock.run(world.client(guarded).acquire('a'))
    await world.clock.advance(6_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
  })

  test('a node that was away when a majority founded the fleet enters it when it comes', async () => {
    const world = new World(3)
    world.node(2).disconnect()
    const redlock = world.client({ ...guarded, found: 'majority' })
    await world.clock.run(redlock.acquire('a'))
    world.node(2).reconnect()
    await world.clock.advance(11_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    expect(markerOf(world.node(2))?.seats).toBe(markerOf(world.node(0))?.seats)
  })

  test('many clients at once write the same seats, and each gets its lock', async () => {
    const world = new World(5)
    world.nodes.forEach((node, index) => (node.delay = 1 + 3 * index))
    const clients = Array.from({ length: 6 }, () => world.client(guarded))
    await world.clock.run(Promise.all(clients.map((client, index) => client.acquire(`own-${index}`))))
    await world.clock.advance(200)
    const [first, ...others] = world.nodes.map(markerOf)
    expect(first).toMatchObject({ opened: true, longestTtl: 10_000 })
    for (const other of others)
      expect(other).toMatchObject({ opened: true, seats: first?.seats, fleet: first?.fleet })
  })

  test.each(['plant', 'found', 'open'] as const)(
    'a fleet whose founder dies after one node got its order to %s is founded by the next client',
    async (mode) => {
      const world = new World(3)
      for (const node of world.nodes.slice(1)) {
        node.script = (command) =>
          command.kind === 'mark' && command.mode === mode ? { vote: 'unknown', reason: 'lost' } : undefined
      }
      const first = world.client(guarded)
      await world.clock.runToError(first.tryAcquire('a'))
      await world.clock.run(first.close())
      for (const node of world.nodes) node.script = undefined
      await world.clock.run(world.client(guarded).acquire('a'))
      await world.clock.advance(100)
      expect(world.nodes.map((node) => markerOf(node)?.opened)).toEqual([true, true, true])
      expect(new Set(world.nodes.map((node) => markerOf(node)?.seats)).size).toBe(1)
    },
  )

  test('a node that is emptied after it was founded, before it was opened, is founded again with all', async () => {
    const world = new World(3)
    world.node(1).script = (command) =>
      command.kind === 'mark' && command.mode === 'found' ? { vote: 'unknown', reason: 'lost' } : undefined
    const first = world.client(guarded)
    await world.clock.runToError(first.tryAcquire('a'))
    await world.clock.run(first.close())
    const before = markerOf(world.node(0))
    expect(before).toMatchObject({ opened: false })
    world.node(0).restart({ keep: false })
    world.node(1).script = undefined
    await world.clock.run(world.client(guarded).acquire('a'))
    await world.clock.advance(100)
    expect(new Set(world.nodes.map((node) => markerOf(node)?.seats)).size).toBe(1)
    expect(markerOf(world.node(0))?.seats).not.toBe(before?.seats)
  })

  /** One node votes with the seats of its founder, and another founder has written others on the second, as one was emptied. */
  const openedInBetween = async (third = 'n3') => {
    const world = new World(3)
    const orders = (mode: string, by: number[]) => {
      world.nodes.forEach((node, index) => {
        node.script = (command) =>
          command.kind === 'mark' && command.mode === mode && by.includes(index)
            ? { vote: 'unknown', reason: 'lost' }
            : undefined
      })
    }
    orders('open', [1, 2])
    const first = world.client(guarded)
    await world.clock.runToError(first.tryAcquire('a'))
    await world.clock.run(first.close())
    orders('none', [])
    const seats = markerOf(world.node(0))!.seats
    world.node(2).restart({ keep: false })
    Object.assign(markerOf(world.node(1))!, {
      seats: `[2,["n1",1,"r","s",1],["n2",1,"r","s",1],["${third}",1,"r","s",1]]`,
    })
    expect(world.nodes.map((node) => markerOf(node)?.opened)).toEqual([true, false, undefined])
    return { world, seats }
  }

  test('a node that votes opens one that was founded with it, and then again without it', async () => {
    const { world, seats } = await openedInBetween()
    const redlock = world.client({ ...guarded, restore: true })
    await world.clock.run(redlock.acquire('a'))
    await world.clock.advance(20_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    const now = markerOf(world.node(0))!.seats
    expect(world.nodes.map((node) => markerOf(node)?.seats)).toEqual([now, now, now])
    // The third one was emptied, so it has taken its seat anew.
    const [, ...rows] = JSON.parse(now) as [number, ...unknown[][]]
    expect(rows.map(([, incarnation]) => incarnation)).toEqual([1, 1, 2])
    expect(rows.slice(0, 2)).toEqual((JSON.parse(seats) as unknown[]).slice(1, 3))
  })

  test('a node that was founded with another list is left to that list', async () => {
    const { world } = await openedInBetween('x')
    const redlock = world.client({ ...guarded, restore: true })
    await world.clock.run(redlock.acquire('a', { wait: 30_000 }))
    expect(markerOf(world.node(1))?.opened).toBe(false)
    expect(redlock.health()[1]?.reason).toBe('it is being founded with other nodes than its fleet has')
  })

  test('a node is not opened beside one that had voted only before it was looked at', async () => {
    const { world } = await openedInBetween()
    let greetings = 0
    world.node(0).intercept = (command, execute, answer) => {
      if (command.kind !== 'greet' || ++greetings !== 2) return false
      world.node(0).flush()
      answer(execute())
      return true
    }
    const redlock = world.client(guarded)
    await world.clock.runToError(redlock.tryAcquire('a'))
    expect(greetings).toBeGreaterThanOrEqual(2)
    const opens = world.node(1).log.filter((command) => command.kind === 'mark' && command.mode === 'open')
    expect(opens.filter((command) => 'replaced' in command && command.replaced?.includes('"r"'))).toEqual([])
  })

  test('a node that refuses to be founded is named, and is not asked without a pause', async () => {
    const world = new World(3)
    world.node(1).script = (command) =>
      command.kind === 'mark' ? { vote: 'failed', reason: 'OOM command not allowed' } : undefined
    const redlock = world.client(guarded)
    const error = await world.clock.runToError(redlock.tryAcquire('a'))
    expect(error.message).toContain('n2: its marker cannot be written: OOM command not allowed')
    const before = world.node(1).sent('mark')
    await world.clock.advance(10_000)
    expect(world.node(1).sent('mark') - before).toBeLessThan(20)
  })
})

describe('agreement', () => {
  test.each([
    [
      'another number of nodes',
      [0, 1, 2, 3],
      undefined,
      /founded with a quorum of 3 of 5 \(n1, n2, n3, n4, n5\), and this client counts on 3 of 4 \(n1, n2, n3, n4\)/,
    ],
    ['another quorum', [0, 1, 2, 3, 4], 4, /founded with a quorum of 3 of 5 .*this client counts on 4 of 5/],
  ])('a client with %s is told both lists, and gets no lock', async (_, chosen, quorum, message) => {
    const { world, clock } = await founded(5)
    const redlock = clientOf(
      world,
      chosen.map((index) => world.node(index)),
      { quorum },
    )
    const error = await clock.runToError(redlock.acquire('a'))
    expect(error).toMatchObject({ name: 'LockMisuseError' })
    expect(error.message).toMatch(message)
    expect(error.message).toContain('Give every client the same nodes')
  })

  test('a client with another list cannot lift the quarantine of a node into it', async () => {
    const { world, clock } = await founded(5)
    for (const index of [0, 1, 2]) world.node(index).restart({ keep: false })
    await clock.advance(1_000)
    const redlock = clientOf(world, world.nodes.slice(0, 3))
    await clock.runToError(redlock.tryAcquire('a'))
    const error = await clock.runToError(redlock.liftQuarantine('n1'))
    expect(error.message).toContain('n1 is not counted by this client: the fleet was founded')
    await clock.advance(30_000)
    expect(await clock.runToError(redlock.tryAcquire('a'))).toMatchObject({ name: 'LockMisuseError' })
  })

  test('nodes that the fleet does not know are not counted, and are left as they are', async () => {
    const { world, clock } = await founded(3)
    const strangers = ['x1', 'x2'].map((name) => new FakeNode(name, clock))
    const one = clientOf(world, [world.node(0), world.node(1), strangers[0]!])
    await clock.run(one.acquire('a'))
    expect(states(one)).toEqual(['up', 'up', 'suspect'])
    expect(one.health()[2]?.reason).toContain('it is none of the nodes of this fleet, of 3 (n1, n2, n3)')
    const two = clientOf(world, [world.node(0), ...strangers])
    expect(await clock.runToError(two.acquire('b'))).toMatchObject({ name: 'LockMisuseError' })
    expect(strangers.map(markerOf)).toEqual([undefined, undefined])
  })

  test.each([0, 1, 2])('a node of another fleet costs no lock, as number %i of the list', async (place) => {
    const { world, clock } = await founded(3)
    const others = ['x1', 'x2', 'x3'].map((name) => new FakeNode(name, clock))
    await clock.run(clientOf(world, others).acquire('a'))
    for (const node of world.nodes) node.delay = 5
    const nodes = [world.node(0), world.node(1)]
    nodes.splice(place, 0, others[0]!)
    const mixed = clientOf(world, nodes)
    expect(await clock.run(mixed.tryAcquire('b'))).not.toBeNull()
    expect(mixed.health()[place]?.reason).toContain('it belongs to another fleet, of 3 (x1, x2, x3)')
    // It answers, and the others do not: nodes of different fleets are never counted together.
    for (const node of nodes) if (node !== others[0]) node.freeze()
    await clock.advance(20_000)
    expect(mixed.health().filter(({ state }) => state === 'up')).toEqual([])
    for (const node of nodes) node.thaw()
    await clock.advance(10_000)
    expect(await clock.run(mixed.tryAcquire('c'))).not.toBeNull()
    expect(mixed.health()[place]?.state).toBe('suspect')
  })

  test('a server under two names votes once, also where both answer after the others', async () => {
    const { world, clock } = await founded(5)
    const alias = new FakeNode('n5', clock)
    alias.state = world.node(1).state
    alias.delay = world.node(1).delay = 20
    const redlock = clientOf(world, [...world.nodes.slice(0, 4), alias])
    await clock.run(redlock.acquire('a'))
    await clock.advance(10_000)
    expect(states(redlock).filter((state) => state === 'up')).toHaveLength(4)
  })

  test('nodes that are not counted cannot tell what another one forgot', async () => {
    const { world, clock } = await founded(3)
    const alias = new FakeNode('alias', clock)
    alias.state = world.node(1).state
    world.node(2).disconnect()
    world.node(0).restart({ keep: false })
    const redlock = clientOf(world, [world.node(0), world.node(1), alias])
    await clock.runToError(redlock.acquire('a', { wait: 40_000 }))
    expect(states(redlock)[0]).toBe('quarantined')
  })

  test('nodes of two fleets are not counted together', async () => {
    const { world, clock } = await founded(3)
    const others = ['x1', 'x2', 'x3'].map((name) => new FakeNode(name, clock))
    await clock.run(clientOf(world, others).acquire('a'))
    const mixed = clientOf(world, [world.node(0), world.node(1), others[0]!])
    await clock.run(mixed.acquire('b'))
    expect(mixed.health()[2]?.reason).toContain('it belongs to another fleet, of 3 (x1, x2, x3)')
  })

  test('a server under two names votes once', async () => {
    const { world, clock } = await founded(3)
    const alias = new FakeNode('alias', clock)
    alias.state = world.node(0).state
    const redlock = clientOf(world, [world.node(0), alias, world.node(1)])
    await clock.run(redlock.acquire('a'))
    expect(redlock.health()[1]).toMatchObject({
      state: 'suspect',
      reason: 'n1 and alias are the same server, which must not vote twice',
    })
  })

  test('a new fleet with one server under two names is not founded', async () => {
    const world = new World(2)
    const alias = new FakeNode('alias', world.clock)
    alias.state = world.node(0).state
    const redlock = clientOf(world, [world.node(0), alias, world.node(1)])
    const error = await world.clock.runToError(redlock.acquire('a', { wait: 1_000 }))
    expect(error).toMatchObject({ name: 'LockMisuseError' })
    expect(error.message).toContain('n1 and alias are the same server')
    expect(markerOf(world.node(0))).toBeUndefined()
  })

  test('a client with other names for the same servers agrees, and lets in again whom it knows, and nobody else', async () => {
    const { world, clock } = await founded(3)
    const renamed = world.nodes.map((node, index) => {
      const seen = new FakeNode(`tunnel-${index + 1}`, clock)
      seen.state = node.state
      return seen
    })
    const redlock = clientOf(world, renamed)
    await clock.run(redlock.acquire('a'))
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    const warnings = world.logged('warn').filter((line) => line.includes('was not founded under this name'))
    expect(warnings).toHaveLength(3)
    expect(warnings[0]).toContain('tunnel-1 was not founded under this name but as one of n1, n2, n3')
    renamed[0]!.restart({ keep: false })
    await clock.advance(20_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    await clock.run(redlock.close())
    renamed[0]!.restart({ keep: false })
    const other = clientOf(world, renamed)
    await clock.run(other.acquire('b'))
    expect(other.health()[0]?.reason).toContain('it is none of the nodes of this fleet')
  })
})
