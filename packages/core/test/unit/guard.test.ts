import { describe, expect, test } from '@jest/globals'
import type { AcquireOptions } from '../../src/options.js'
import { World } from '../support/world.js'

const FLEET = 'lock::quorumlock:marker'

/** A fleet in which every node has a marker and knows the TTL of a lock that was granted everywhere. */
async function founded(size: number, ttl = 10_000) {
  const world = new World(size)
  const redlock = world.client({ guard: true, restore: false, ttl })
  const lock = await world.clock.run(redlock.acquire('first'))
  await world.clock.advance(100)
  await world.clock.run(lock.release())
  await world.clock.advance(100)
  return { world, redlock, clock: world.clock }
}

const states = (redlock: { health(): { state: string }[] }) => redlock.health().map(({ state }) => state)

test.each([1, 2, 3, 5])('a new fleet of %i is founded without delay', async (size) => {
  const world = new World(size)
  for (const node of world.nodes) node.delay = 5
  const redlock = world.client({ guard: true, restore: false })
  // Six round trips: the greeting, two looks, two orders and the lock.
  expect(await world.clock.time(redlock.acquire('a'))).toBeLessThanOrEqual(60)
  await world.clock.advance(100)
  for (const node of world.nodes) {
    expect(node.state.markers.get(FLEET)).toMatchObject({ longestTtl: 30_000, quarantinedUntil: null })
  }
  expect(redlock.health().every(({ guarded, state }) => guarded && state === 'up')).toBe(true)
})

test.each([1, 4, 8, 12])(
  'a node that connects %i ms after the others, while the fleet is founded, gets the first lock too',
  async (late) => {
    const world = new World(5)
    for (const node of world.nodes) node.delay = 5
    world.node(4).disconnect()
    const acquiring = world.client({ guard: true, restore: false }).acquire('a')
    await world.clock.advance(late)
    world.node(4).reconnect()
    await world.clock.run(acquiring)
    await world.clock.advance(50)
    expect(world.holders('a')).toHaveLength(5)
  },
)

test('a node that cannot be admitted after its quarantine delays the first call of a new client, and no later one', async () => {
  const { world, clock } = await founded(3, 1_000)
  world.node(0).restart({ keep: false })
  world.node(2).disconnect()
  await clock.advance(5_000)
  const redlock = world.client({ guard: true, restore: false, ttl: 1_000 })
  const timed = async () => {
    const started = clock.monotonic()
    expect(await clock.runToError(redlock.tryAcquire('a'))).toMatchObject({ code: 'UNAVAILABLE' })
    return clock.monotonic() - started
  }
  expect(await timed()).toBeLessThanOrEqual(110)
  expect(await timed()).toBeLessThan(5)
})

test('two clients that found a fleet at the same moment agree', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 5
  const [one, two] = [
    world.client({ guard: true, restore: false }),
    world.client({ guard: true, restore: false }),
  ]
  const held = await world.clock.run(Promise.all([one.tryAcquire('a'), two.tryAcquire('b')]), 1_000)
  expect(held.filter((lock) => lock !== null)).toHaveLength(2)
})

test('a new fleet is founded by a majority only on request, without delay, or after the time for an unresponsive node', async () => {
  const world = new World(5)
  world.node(0).disconnect()
  const found = 'majority'
  const options = { guard: true, restore: false, found } as const
  expect(await world.clock.time(world.client(options).acquire('a'))).toBeLessThan(5)
  const other = new World(5)
  other.node(0).freeze()
  expect(await other.clock.time(other.client(options).acquire('a'))).toBeLessThanOrEqual(1_001)
})

test('the first lock of a second client waits 100 ms for an unresponsive node, and later locks do not wait', async () => {
  const { world, clock } = await founded(5)
  world.node(0).freeze()
  const second = world.client({ guard: true, restore: false })
  expect(await clock.time(second.acquire('a'))).toBeLessThanOrEqual(101)
  expect(await clock.time(second.acquire('b'))).toBeLessThan(5)
})

describe('the first call of a new client', () => {
  test.each([1, 2, 3, 4, 5, 7])(
    'the first call is granted by every one of %i healthy nodes, regardless of their speed',
    async (size) => {
      const { world, clock } = await founded(size)
      for (const [index, node] of world.nodes.entries()) node.delay = 1 + 7 * index
      const lock = await clock.run(world.client({ guard: true, restore: false }).acquire('a'))
      expect(lock.votes.filter(({ reason }) => reason?.includes('checked'))).toEqual([])
      await clock.advance(50)
      expect(world.holders('a')).toHaveLength(size)
    },
  )

  test('the first call does not wait for a node that is not connected', async () => {
    const { world, clock } = await founded(5)
    world.node(1).disconnect()
    expect(await clock.time(world.client({ guard: true, restore: false }).acquire('a'))).toBeLessThan(5)
    await clock.advance(10)
    expect(world.holders('a')).toEqual(['n1', 'n3', 'n4', 'n5'])
  })

  test.each([3, 5])(
    'the first call succeeds as a single try while one of %i nodes is in quarantine, whichever answers first',
    async (size) => {
      for (let slow = 1; slow < size; slow++) {
        const { world, redlock, clock } = await founded(size)
        world.node(0).restart({ keep: false })
        await clock.advance(50)
        expect(states(redlock)[0]).toBe('quarantined')
        world.node(slow).delay = 20
        const first = world.client({ guard: true, restore: false })
        expect(await clock.run(first.tryAcquire('a'))).not.toBeNull()
        const second = world.client({ guard: true, restore: false })
        const lock = await clock.run(second.acquire('b', { wait: 0 }))
        expect(lock.held).toBe(true)
      }
    },
  )

  test('the first call succeeds as a single try although one of four nodes holds a leftover key', async () => {
    for (let slow = 0; slow < 4; slow++) {
      const { world, clock } = await founded(4)
      world.node(0).state.locks.set('lock:a', { value: 'left over', expiresAt: Infinity })
      world.node(slow).delay = 20
      expect(await clock.run(world.client({ guard: true, restore: false }).tryAcquire('a'))).not.toBeNull()
    }
  })

  test('the first call after all connections broke counts every node again', async () => {
    const { world, redlock, clock } = await founded(5)
    for (const node of world.nodes) node.disconnect()
    for (const [index, node] of world.nodes.entries()) node.delay = 1 + 9 * index
    for (const node of world.nodes) node.reconnect()
    expect(await clock.run(redlock.tryAcquire('a'))).not.toBeNull()
    await clock.advance(100)
    expect(world.holders('a')).toHaveLength(5)
  })
})

describe('a node that becomes able to vote while a lock is held', () => {
  /** A lock on three of five nodes, because two were disconnected. */
  async function heldByThree(options: AcquireOptions = {}) {
    const fleet = await founded(5)
    for (const node of fleet.world.nodes.slice(3)) node.disconnect()
    const lock = await fleet.clock.run(fleet.redlock.acquire('a', options))
    expect(fleet.world.holders('a')).toEqual(['n1', 'n2', 'n3'])
    return { ...fleet, lock }
  }

  test.each([true, false])(
    'a node that joins receives a held lock at once, for no longer than the other nodes (fencing: %p)',
    async (fencing) => {
      const { world, clock, lock } = await heldByThree({ fencing, autoExtend: false, ttl: 5_000 })
      await clock.advance(2_000)
      for (const node of world.nodes.slice(3)) node.reconnect()
      await clock.advance(10)
      expect(world.holders('a')).toHaveLength(5)
      expect(lock.votes.map(({ vote }) => vote)).toEqual(Array(5).fill('granted'))
      for (const node of world.nodes) {
        const { expiresAt } = node.state.locks.get('lock:a')!
        expect(expiresAt - world.node(0).state.locks.get('lock:a')!.expiresAt).toBeLessThanOrEqual(2)
      }
      await clock.run(lock.release())
      await clock.advance(10)
      expect(world.holders('a')).toEqual([])
    },
  )

  test('a renewed lock survives the loss of three other nodes in turn', async () => {
    const { world, clock, lock } = await heldByThree()
    for (const node of world.nodes.slice(3)) node.reconnect()
    await clock.advance(10)
    world.node(0).disconnect()
    world.node(1).disconnect()
    await clock.advance(60_000)
    expect(lock.held).toBe(true)
  })

  test('a node that responds again receives a held lock', async () => {
    const { world, redlock, clock } = await founded(5, 2_000)
    world.node(0).restart({ keep: false })
    await clock.advance(10)
    world.node(1).freeze()
    await clock.run((await clock.run(redlock.acquire('before'))).release())
    await clock.advance(200)
    expect(states(redlock)).toEqual(['quarantined', 'suspect', 'up', 'up', 'up'])
    const lock = await clock.run(redlock.acquire('a', { ttl: 60_000 }))
    expect(world.holders('a')).toEqual(['n3', 'n4', 'n5'])
    world.node(1).thaw()
    await clock.advance(50)
    expect(world.holders('a')).toEqual(['n2', 'n3', 'n4', 'n5'])
    await clock.run(lock.release())
  })

  test('a node that joins receives no lock that was released or that another value holds', async () => {
    const { world, clock, lock } = await heldByThree({ ttl: 60_000 })
    world.node(4).state.locks.set('lock:a', { value: 'of another', expiresAt: Infinity })
    world.node(4).reconnect()
    await clock.advance(10)
    expect(world.node(4).holds('lock:a')).toBe('of another')
    await clock.run(lock.release())
    world.node(3).reconnect()
    await clock.advance(100)
    expect(world.holders('a')).toEqual(['n5'])
  })
})

test('a node that does not know whether it kept its data is suspect, and reports why', async () => {
  const { world, redlock, clock } = await founded(3)
  const node = world.node(0)
  node.script = () => ({ vote: 'failed', reason: 'LOADING Redis is loading the dataset in memory' })
  node.restart({ keep: true })
  await clock.advance(50)
  expect(states(redlock)).toEqual(['suspect', 'up', 'up'])
  const lock = await clock.run(redlock.acquire('a'))
  expect(lock.votes[0]).toMatchObject({
    vote: 'failed',
    reason: 'its marker cannot be read: LOADING Redis is loading the dataset in memory',
  })
  node.script = undefined
  await clock.advance(10_000)
  expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
})

test.each(['greet', 'mark'] as const)(
  'nodes whose user lacks the permission for %s end a wait at once with that reason',
  async (kind) => {
    const world = new World(3)
    for (const node of world.nodes.slice(1)) {
      node.script = (command) =>
        command.kind === kind ? { vote: 'failed', misuse: true, reason: 'NOPERM HSET' } : undefined
    }
    const redlock = world.client({ guard: true, restore: false })
    const error = await world.clock.runToError(redlock.acquire('a', { wait: Infinity }))
    expect(error).toMatchObject({
      code: 'MISUSE',
      message: expect.stringMatching(/n2: its marker cannot be .*NOPERM HSET/),
    })
    for (const health of redlock.health().slice(1)) {
      expect(health).toMatchObject({ state: 'suspect', reason: expect.stringContaining('NOPERM HSET') })
    }
    for (const node of world.nodes) node.script = undefined
    // Nodes that were not founded with the first one count as nodes that lost their data.
    await world.clock.advance(40_000)
    await world.clock.run((await world.clock.run(redlock.acquire('a'))).release())
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    for (const health of redlock.health()) expect(health).not.toHaveProperty('reason')
  },
)

test('a node that keeps refusing is greeted ever more rarely', async () => {
  const { world, redlock, clock } = await founded(3)
  const node = world.node(0)
  node.script = (command) =>
    command.kind === 'greet' ? { vote: 'failed', misuse: true, reason: 'NOPERM' } : undefined
  node.restart({ keep: true })
  const before = node.sent('greet')
  await clock.advance(60_000)
  expect(node.sent('greet') - before).toBeLessThan(30)
  expect(states(redlock)).toEqual(['suspect', 'up', 'up'])
})

test('a node that connects late is not reported as emptied if the fleet has not been used yet', async () => {
  const world = new World(3)
  world.node(2).disconnect()
  const redlock = world.client({ guard: true, restore: false })
  expect(await world.clock.run(redlock.isLocked('a'))).toBe(false)
  world.node(2).reconnect()
  await world.clock.advance(1_000)
  expect(world.logged('warn').filter((line) => line.includes('lost its data'))).toEqual([])
})

test('a client that only learned of a quarantine by refusals ends it if the client that imposed it is gone', async () => {
  const { world, redlock, clock } = await founded(2, 1_000)
  const witness = world.client({ guard: true, restore: false, ttl: 1_000 })
  await clock.run((await clock.run(witness.acquire('a'))).release())
  world.node(0).flush()
  await clock.run(redlock.tryAcquire('b').catch(() => undefined))
  await clock.advance(50)
  expect(states(redlock)).toEqual(['quarantined', 'up'])
  await clock.run(redlock.close())
  expect(states(witness)).toEqual(['up', 'up'])
  expect(await clock.time(witness.acquire('a', { wait: 5_000 }))).toBeLessThan(2_000)
  expect(states(witness)).toEqual(['up', 'up'])
})

describe('a node that was emptied', () => {
  test('an emptied node whose clock is set back is excluded for one more quarantine, not for the length of the step', async () => {
    const { world, redlock, clock } = await founded(3, 10_000)
    world.node(0).restart({ keep: false })
    await clock.advance(50)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
    world.node(0).skew = -3_600_000
    // A new client believes the hour that the node reports, and does not wait that long either.
    const late = world.client({ guard: true, restore: false, ttl: 10_000 })
    await clock.run(late.acquire('a'))
    await clock.advance(10_400)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
    await clock.advance(11_600)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    await clock.advance(1_000)
    expect(states(late)).toEqual(['up', 'up', 'up'])
  })

  test('a node emptied by a restart is excluded for as long as a lock could live, and then admitted', async () => {
    const { world, redlock, clock } = await founded(3, 10_000)
    const lock = await clock.run(redlock.acquire('a', { ttl: 8_000 }))
    world.node(0).restart({ keep: false })
    await clock.advance(50)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
    expect(redlock.health()[0]!.quarantine).toBeGreaterThan(10_000)
    expect(world.logged('warn')).toContainEqual(
      expect.stringContaining('n1 stays out of quorums: it has lost its data'),
    )
    expect(lock.held).toBe(true)
    await clock.advance(10_200)
    expect(states(redlock)).toEqual(['quarantined', 'up', 'up'])
    expect(world.node(0).state.locks.has('lock:b')).toBe(false)
    await clock.advance(1_000)
    expect(states(redlock)).toEqual(['up', 'up', 'up'])
    await clock.run(redlock.acquire('b'))
    await clock.advance(10)
    expect(world.holders('b')).toHaveLength(3)
  })

  test('a node emptied by FLUSHALL, unnoticed by any connection, refuses on its own and is found', async () => {
    const { world, redlock, clock } = await founded(3)
    world.node(2).flush()
    const lock = await clock.run(redlock.acquire('a'))
    await clock.advance(50)
    expect(world.holders('a')).toEqual(['n1', 'n2'])
    expect(states(redlock)).toEqual(['up', 'up', 'quarantined'])
    await clock.run(lock.release())
  })

  test('an emptied node never helps a second holder', async () => {
    for (let lost = 0; lost < 3; lost++) {
      const { world, redlock, clock } = await founded(3)
      // The lock is held on only two of three nodes, and one of the two forgets it.
      world.node((lost + 1) % 3).disconnect()
      const lock = await clock.run(redlock.acquire('a', { autoExtend: false, ttl: 5_000 }))
      world.node((lost + 1) % 3).reconnect()
      world.node(lost).restart({ keep: false })
      const other = world.client({ guard: true, restore: false, ttl: 5_000 })
      while (lock.held) {
        expect(await clock.run(other.tryAcquire('a').catch(() => null))).toBeNull()
        await clock.advance(100)
      }
      await clock.advance(11_000)
      expect(await clock.run(other.tryAcquire('a'))).not.toBeNull()
    }
  })

  test('without the guard an emptied node does help a second holder, as a negative control', async () => {
    const world = new World(3)
    world.node(1).disconnect()
    const lock = await world.clock.run(world.client({ autoExtend: false }).acquire('a'))
    // If the repair reaches the node, the lock is held there too, and the rival is too late.
    world.node(1).script = ({ kind }) => (kind === 'repair' ? { vote: 'unknown', reason: 'lost' } : undefined)
    world.node(1).reconnect()
    world.node(0).restart({ keep: false })
    expect(await world.clock.run(world.client().tryAcquire('a'))).not.toBeNull()
    expect(lock.held).toBe(true)
  })

  test('emptied nodes that answer faster than the others do not help a second holder', async () => {
    const { world, clock } = await founded(3)
    world.node(0).flush()
    world.node(1).flush()
    world.node(2).delay = 50
    const late = world.client({ guard: true, restore: false, ttl: 10_000 })
    const error = await clock.runToError(late.acquire('a', { wait: 0 }))
    expect(error.code).toBe('UNAVAILABLE')
    expect(error.message).toContain('quarantined')
    await clock.advance(12_000)
    expect(await clock.run(late.tryAcquire('a'))).not.toBeNull()
  })

  test('nodes that came back with older data do not vouch for each other', async () => {
    const { world, clock, redlock } = await founded(5, 300)
    for (const index of [3, 4]) world.node(index).disconnect()
    await clock.run(redlock.acquire('day', { ttl: 60_000, autoExtend: false }))
    world.node(2).disconnect()
    for (const index of [3, 4]) world.node(index).reconnect()
    for (const index of [0, 1]) {
      const { state } = world.node(index)
      state.locks.clear()
      state.markers.get(FLEET)!.longestTtl = 300
      world.node(index).restart({ keep: true })
    }
    const rival = world.client({ guard: true, restore: false, ttl: 300 })
    expect((await clock.runToError(rival.acquire('day', { wait: 20_000 }))).code).toBe('UNAVAILABLE')
    world.node(2).reconnect()
    await clock.advance(1_000)
    expect(await clock.runToError(rival.acquire('day', { wait: 20_000 }))).toMatchObject({
      code: expect.any(String),
    })
    await clock.advance(60_000)
    expect(await clock.run(rival.tryAcquire('day'))).not.toBeNull()
  })

  test("an emptied node is excluded for the client's own TTL if too few nodes are left to report the longest one", async () => {
    const { world, clock } = await founded(5, 20_000)
    for (const index of [0, 1]) world.node(index).restart({ keep: false })
    world.node(2).disconnect()
    for (const index of [3, 4]) world.node(index).state.markers.get(FLEET)!.longestTtl = 0
    const redlock = world.client({ guard: true, restore: false, ttl: 20_000 })
    await clock.runToError(redlock.acquire('a', { wait: 0 }))
    await clock.advance(19_000)
    expect((await clock.runToError(redlock.acquire('a', { wait: 0 }))).code).toBe('UNAVAILABLE')
    await clock.advance(4_000)
    // Those that were emptied do not vouch for each other.
    expect((await clock.runToError(redlock.tryAcquire('a'))).code).toBe('UNAVAILABLE')
    world.node(2).reconnect()
    await clock.advance(1_000)
    expect(await clock.run(redlock.tryAcquire('a'))).not.toBeNull()
    // Only now enough others know that they have their seats; whoever had these before may have voted until then.
    expect(states(redlock)).toEqual(['quarantined', 'quarantined', 'up', 'up', 'up'])
    await clock.advance(21_000)
    expect(states(redlock)).toEqual(Array(5).fill('up'))
  })

  test('an emptied node is given no lock before it is admitted, and then all that is held', async () => {
    const { world, redlock, clock } = await founded(3)
    const lock = await clock.run(redlock.acquire('a'))
    world.node(0).restart({ keep: false })
    await clock.run(lock.extend())
    await clock.advance(10)
    expect(world.holders('a')).toHaveLength(2)
    await clock.advance(11_000)
    expect(world.holders('a')).toHaveLength(3)
    await clock.run(lock.release())
    await clock.advance(10)
    expect(world.holders('a')).toEqual([])
  })

  test('an operator can admit an emptied node at once', async () => {
    const { world, redlock, clock } = await founded(3)
    world.node(0).restart({ keep: false })
    await clock.advance(50)
    expect(states(redlock)[0]).toBe('quarantined')
    await clock.run(redlock.liftQuarantine('n1'))
    expect(states(redlock)[0]).toBe('up')
    await clock.run(redlock.acquire('a'))
    await clock.advance(10)
    expect(world.holders('a')).toHaveLength(3)
    expect(await clock.runToError(redlock.liftQuarantine('nobody'))).toBeInstanceOf(RangeError)
    world.node(0).disconnect()
    expect((await clock.runToError(redlock.liftQuarantine('n1'))).message).toContain('n1 is unavailable')
  })

  test('an emptied node is admitted with the highest token that the others know', async () => {
    const { world, redlock, clock } = await founded(3, 2_000)
    const first = await clock.run(redlock.acquire('a', { fencing: true }))
    await clock.advance(10)
    await clock.run(first.release())
    world.node(0).restart({ keep: false })
    await clock.advance(5_000)
    expect(states(redlock)[0]).toBe('up')
    const marker = world.node(0).state.markers.get(FLEET)!
    expect(marker.floor).toBeGreaterThanOrEqual(Number(first.token))
  })
})

describe('a node that was restarted with its data', () => {
  test.each([1, 3])(
    'a node among %i that restarted with its data is excluded for a while, because its last writes may be missing',
    async (size) => {
      const { world, redlock, clock } = await founded(size, 2_000)
      world.node(0).restart({ keep: true })
      await clock.advance(50)
      expect(states(redlock)[0]).toBe('quarantined')
      await clock.advance(4_000)
      expect(states(redlock)[0]).toBe('up')
      expect(await clock.run(redlock.tryAcquire('a'))).not.toBeNull()
    },
  )

  test('a durable node is trusted at once after a restart', async () => {
    const { world, redlock, clock } = await founded(3)
    for (const node of world.nodes) node.state.durable = true
    world.node(0).restart({ keep: true })
    await clock.advance(50)
    expect(states(redlock)[0]).toBe('up')
    await clock.run(redlock.acquire('a'))
    await clock.advance(10)
    expect(world.holders('a')).toHaveLength(3)
  })

  test('a fleet in which all nodes restarted works again after one TTL', async () => {
    const { world, redlock, clock } = await founded(5, 2_000)
    for (const node of world.nodes) node.restart({ keep: true })
    await clock.advance(50)
    expect((await clock.runToError(redlock.acquire('a', { wait: 0 }))).code).toBe('UNAVAILABLE')
    expect(await clock.time(redlock.acquire('a', { wait: 10_000 }))).toBeLessThan(3_500)
  })
})

test('all nodes emptied at once cannot be distinguished from a new fleet', async () => {
  const { world, redlock, clock } = await founded(3)
  for (const node of world.nodes) node.restart({ keep: false })
  expect(await clock.time(redlock.acquire('a'))).toBeLessThan(500)
})

test('nodes that join one after the other are admitted, and the first majority founds the fleet', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.disconnect()
  const redlock = world.client({ guard: true, restore: false, wait: 20_000 })
  const work = redlock.acquire('a')
  world.nodes.forEach((node, index) => world.clock.after(500 * (index + 1), () => node.reconnect()))
  expect(await world.clock.time(work)).toBeLessThan(1_500 + 1_100)
  await world.clock.advance(40_000)
  expect(states(redlock)).toEqual(Array(5).fill('up'))
})

test('a single try succeeds even if a majority joined only during the request to the first node', async () => {
  const world = new World(3)
  for (const node of world.nodes) {
    node.delay = 5
    node.disconnect()
  }
  const redlock = world.client({ guard: true, restore: false })
  world.node(0).reconnect()
  await world.clock.advance(2)
  world.node(1).reconnect()
  world.node(2).reconnect()
  const lock = await world.clock.run(redlock.tryAcquire('a'))
  expect(lock?.held).toBe(true)
})

test('a reconnect without a restart causes no quarantine', async () => {
  const { world, redlock, clock } = await founded(3)
  world.node(0).disconnect()
  expect(states(redlock)[0]).toBe('down')
  world.node(0).reconnect()
  await clock.advance(10)
  expect(states(redlock)).toEqual(['up', 'up', 'up'])
})

test('different prefixes on the same nodes do not interfere', async () => {
  const { world, clock } = await founded(3)
  const other = world.client({ guard: true, restore: false, keyPrefix: 'other:' })
  expect(await clock.time(other.acquire('a'))).toBeLessThan(5)
  expect([...world.node(0).state.markers.keys()].sort()).toEqual([FLEET, 'other::quorumlock:marker'])
})

test('no work of the guard continues after close or keeps the process alive', async () => {
  const { world, redlock, clock } = await founded(3)
  world.node(0).restart({ keep: false })
  await clock.advance(50)
  await clock.run(redlock.close())
  expect(clock.timersHolding).toBe(0)
  const { commands } = world
  await clock.advance(120_000)
  expect(world.commands).toBe(commands)
})

test('a node that cannot keep markers disables the guard, and health shows it', () => {
  const world = new World(3)
  world.node(1).lacks = ['marker']
  expect(
    world
      .client({ guard: true, restore: false })
      .health()
      .map(({ guarded }) => guarded),
  ).toEqual([false, false, false])
})
