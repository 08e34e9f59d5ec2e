import { describe, expect, test } from '@jest/globals'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { TOMBSTONE } from '../../src/node/commands.js'
import type { RedlockOptions } from '../../src/options.js'
import { World } from '../support/world.js'

const DAY = 86_400_000
const MARKER = 'lock::quorumlock:marker'
/** More than the settling, and what the work itself takes here. */
const SOON = 3_500

/** A fleet that was used, with a mark of a day on all nodes. */
async function fleetOf(size: number, options: Partial<RedlockOptions> = {}) {
  const world = new World(size)
  const { clock } = world
  const client = (): ReturnType<World['client']> => world.client({ guard: true, ...options })
  const redlock = client()
  const mark = await clock.run(redlock.acquire('mark', { ttl: DAY, autoExtend: false }))
  await clock.advance(100)
  mark.detach()
  return {
    world,
    clock,
    redlock,
    client,
    mark,
    at: (resource: string, index: number) => world.node(index).holds(`lock:${resource}`),
  }
}

const states = (redlock: { health(): { state: string }[] }) => redlock.health().map(({ state }) => state)

describe('a node that was emptied', () => {
  test.each([2, 3, 4, 5, 7])(
    'votes again within seconds in a fleet of %i, with all that it forgot',
    async (size) => {
      const { world, clock, redlock, mark, at } = await fleetOf(size)
      const lock = await clock.run(redlock.acquire('a'))
      await clock.advance(10)
      world.node(0).restart({ keep: false })
      await clock.advance(100)
      expect(states(redlock)[0]).toBe('restoring')
      await clock.advance(SOON)
      expect(states(redlock)).toEqual(Array.from({ length: size }, () => 'up'))
      expect(at('mark', 0)).toBe(mark.value)
      expect(at('a', 0)).toBe(lock.value)
      const { expiresAt } = world.node(0).state.locks.get('lock:mark')!
      expect(expiresAt).toBeGreaterThanOrEqual(world.node(1).state.locks.get('lock:mark')!.expiresAt)
    },
  )

  test('says how far it is, and that it was restored', async () => {
    const { world, clock, redlock } = await fleetOf(5)
    const changes: object[] = []
    const listener = (event: unknown): void => void changes.push(event as object)
    subscribe('quorumlock:node', listener)
    world.node(0).restart({ keep: false })
    await clock.advance(100)
    expect(redlock.health()[0]).toMatchObject({
      restoring: 0,
      reason: expect.stringContaining('is being restored: 0 % done'),
    })
    await clock.advance(SOON)
    unsubscribe('quorumlock:node', listener)
    expect(changes).toContainEqual({ node: 'n1', change: 'restoring' })
    expect(changes).toContainEqual({ node: 'n1', change: 'restored', locks: 1, duration: expect.any(Number) })
    expect(changes).toContainEqual({ node: 'n1', change: 'admitted' })
    expect(world.logged('info')).toContain('lock node was given back what it had forgotten')
  })

  test('is restored by one of several clients, and admitted by all', async () => {
    const { world, clock, redlock, client } = await fleetOf(5)
    const others = [client(), client(), client()]
    await clock.run(Promise.all(others.map((other) => other.tryAcquire('warm').catch(() => null))))
    world.node(0).restart({ keep: false })
    await clock.advance(SOON + 500)
    for (const one of [redlock, ...others]) expect(states(one)[0]).toBe('up')
    expect(world.node(0).sent('restore')).toBe(1)
    for (const node of world.nodes.slice(1)) expect(node.sent('list')).toBe(1)
  })

  test('is restored by another client when the first one ends in the middle', async () => {
    const { world, clock, redlock, client, at, mark } = await fleetOf(5)
    const other = client()
    await clock.run(other.isLocked('mark'))
    world.node(0).restart({ keep: false })
    await clock.advance(60)
    const { by } = world.node(0).state.markers.get(MARKER)!.claim!
    await clock.advance(1_000)
    // Whichever it is, the other one goes on once the claim is over.
    void redlock.close()
    await clock.advance(9_000)
    expect(at('mark', 0)).toBe(mark.value)
    expect(world.node(0).state.markers.get(MARKER)!.quarantinedUntil).toBeNull()
    expect(by).toEqual(expect.any(String))
    expect(states(other)[0]).toBe('up')
  })

  test('and that is emptied again while it is restored begins anew', async () => {
    const { world, clock, redlock, at, mark } = await fleetOf(5)
    world.node(0).restart({ keep: false })
    await clock.advance(2_900)
    world.node(0).restart({ keep: false })
    await clock.advance(2_900)
    expect(states(redlock)[0]).toBe('restoring')
    await clock.advance(SOON)
    expect(states(redlock)[0]).toBe('up')
    expect(at('mark', 0)).toBe(mark.value)
  })

  test('waits until enough other nodes remember, and says what it waits for', async () => {
    const { world, clock, redlock, at, mark } = await fleetOf(5)
    world.node(1).disconnect()
    world.node(2).disconnect()
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(states(redlock)[0]).toBe('quarantined')
    expect(redlock.health()[0]!.reason).toBe(
      'it lost its data, and is not restored yet: 2 of the other 4 nodes can tell what it forgot, 3 are needed',
    )
    const error = await clock.runToError(redlock.acquire('b', { wait: 0 }))
    expect(error.message).toContain('2 of the other 4 nodes can tell what it forgot')
    world.node(1).reconnect()
    await clock.advance(SOON)
    expect(states(redlock)[0]).toBe('up')
    expect(at('mark', 0)).toBe(mark.value)
  })

  test.each<[string, Partial<RedlockOptions>, (world: World) => void]>([
    ['restoring is switched off', { restore: false }, () => undefined],
    ['lock keys cannot be told from other keys', { keyPrefix: '' }, () => undefined],
    ['the other nodes cannot list', {}, (world) => world.nodes.forEach((node) => (node.lacks = ['list']))],
    [
      'the user may not list',
      {},
      (world) =>
        world.nodes.forEach(
          (node) =>
            (node.script = ({ kind }) =>
              kind === 'list' ? { vote: 'failed', misuse: true, reason: 'NOPERM' } : undefined),
        ),
    ],
  ])('stays out until all that it may have forgotten is over where %s', async (_, options, prepare) => {
    const { world, clock, redlock } = await fleetOf(3, options)
    prepare(world)
    world.node(0).restart({ keep: false })
    await clock.advance(60_000)
    expect(states(redlock)[0]).toBe('quarantined')
    expect(world.node(0).sent('restore')).toBe(0)
    await clock.advance(1.06 * DAY)
    expect(states(redlock)[0]).toBe('up')
  })

  test('gets a tombstone where each of two values may be a lock, and nobody has it then', async () => {
    const { world, clock, client, at } = await fleetOf(5)
    const put = (index: number, value: string, ttl: number): void => {
      world.node(index).state.locks.set('lock:a', { value, expiresAt: world.node(index).now() + ttl })
    }
    for (const index of [1, 2]) put(index, 'one', 30_000)
    for (const index of [3, 4]) put(index, 'other', 20_000)
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(at('a', 0)).toBe(TOMBSTONE)
    // The tombstone goes when nobody else has anything.
    await clock.advance(40_000)
    expect(await clock.run(client().tryAcquire('a'))).not.toBeNull()
  })

  test('is not given what too few of the others know for a lock to rest on it', async () => {
    const { world, clock, at } = await fleetOf(5)
    world.node(1).state.locks.set('lock:a', { value: 'left over', expiresAt: world.node(1).now() + 30_000 })
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(at('a', 0)).toBeUndefined()
    expect(at('mark', 0)).toBeDefined()
  })

  test('is not left with copies of locks that were released while they were on their way', async () => {
    const { world, clock, redlock, at } = await fleetOf(5)
    const lock = await clock.run(redlock.acquire('a', { ttl: DAY, autoExtend: false }))
    await clock.advance(10)
    world.node(0).restart({ keep: false })
    // The release is not delivered to the node, and arrives elsewhere after the listing.
    world.node(0).intercept = ({ kind }, _execute, answer) => {
      if (kind !== 'restore') return false
      for (const node of world.nodes.slice(1)) node.state.locks.delete('lock:a')
      world.node(0).intercept = undefined
      answer(_execute())
      return true
    }
    await clock.advance(SOON)
    expect(at('a', 0)).toBe(lock.value)
    await clock.advance(SOON)
    expect(at('a', 0)).toBeUndefined()
    expect(at('mark', 0)).toBeDefined()
  })

  test('knows who has resumed a lock, so that its giver cannot release it there', async () => {
    const { world, clock, redlock, client, at } = await fleetOf(3)
    const given = await clock.run(redlock.acquire('a', { ttl: 60_000 }))
    const other = client()
    const taken = await clock.run(other.resume(given.toJSON()))
    await clock.advance(10)
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(at('a', 0)).toBe(taken.value)
    await clock.run(given.release())
    await clock.advance(100)
    expect(at('a', 0)).toBe(taken.value)
  })

  test('grants no token that was granted before', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const { token } = await clock.run(redlock.acquire('a', { fencing: true }))
    world.node(0).restart({ keep: false })
    await clock.advance(SOON)
    expect(world.node(0).state.markers.get(MARKER)!.floor).toBe(Number(token))
  })

  test('answers an extension of what it forgot with quarantined, so a holder is not told that its lock is gone', async () => {
    const { world, clock, redlock } = await fleetOf(3)
    const lock = await clock.run(redlock.acquire('a'))
    await clock.advance(10)
    world.node(0).restart({ keep: false })
    await clock.advance(10)
    await clock.run(lock.extend())
    expect(lock.votes[0]).toMatchObject({ vote: 'refused', reason: expect.stringContaining('quarantined') })
    await clock.run(lock.release())
  })
})

test('nobody else gets a lock while one node after the other is emptied, and every mark is kept', async () => {
  const { world, clock, redlock, client, mark, at } = await fleetOf(5)
  const lock = await clock.run(redlock.acquire('held'))
  const rival = client()
  for (const [index, node] of world.nodes.entries()) {
    node.restart({ keep: false })
    for (let waited = 0; waited < SOON + 500; waited += 100) {
      expect(await clock.run(rival.tryAcquire('mark'))).toBeNull()
      expect(await clock.run(rival.tryAcquire('held'))).toBeNull()
      await clock.advance(100)
    }
    expect(states(redlock)[index]).toBe('up')
  }
  expect(world.nodes.map((_, index) => at('mark', index))).toEqual(world.nodes.map(() => mark.value))
  lock.assertHeld()
})

test('a node that is emptied behind its connection is found while something is held, though nobody asks it', async () => {
  const { world, clock, redlock, mark, at } = await fleetOf(5)
  await clock.run(redlock.acquire('a'))
  await clock.advance(10)
  world.node(3).flush()
  await clock.advance(2_100)
  expect(states(redlock)[3]).toBe('restoring')
  await clock.advance(SOON)
  expect(at('mark', 3)).toBe(mark.value)
  expect(at('a', 3)).toBeDefined()
})

test('a server that took the place of another behind a proxy, with its data, is found while something is held', async () => {
  const { world, clock, redlock } = await fleetOf(5)
  await clock.run(redlock.acquire('a'))
  await clock.advance(10)
  // A promoted replica: the connection stays, and so does the marker.
  world.node(3).state.run = 'promoted'
  await clock.advance(2_100)
  expect(states(redlock)[3]).toBe('restoring')
  await clock.advance(SOON)
  expect(states(redlock)[3]).toBe('up')
})

test('a server under two names counts as one witness', async () => {
  const { world, clock, redlock } = await fleetOf(3)
  // The third name leads to the second server.
  world.node(2).state = world.node(1).state
  world.node(2).disconnect()
  world.node(2).reconnect()
  await clock.advance(100)
  world.node(0).restart({ keep: false })
  await clock.advance(SOON)
  expect(states(redlock)[0]).not.toBe('up')
  expect(world.node(0).sent('restore')).toBe(0)
})

describe('freshness', () => {
  test('a lock whose round took longer than three seconds by either clock is lost, and taken back', async () => {
    const { world, clock, redlock } = await fleetOf(3, { ttl: 60_000 })
    for (const node of world.nodes) node.delay = 10
    const trying = redlock.tryAcquire('a')
    await clock.advance(5)
    clock.stepWall(3_100)
    expect(await clock.runToError(trying)).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('it took too long until enough nodes had agreed'),
    })
    await clock.advance(100)
    expect(world.holders('a')).toEqual([])
  })

  test('a renewal whose round took longer counts for nothing and is tried again', async () => {
    const { world, clock, redlock } = await fleetOf(3, { ttl: 60_000 })
    const lock = await clock.run(redlock.acquire('a'))
    await clock.advance(10)
    for (const node of world.nodes) node.delay = 10
    const before = world.node(0).sent('extend')
    const extending = lock.extend()
    await clock.advance(5)
    clock.stepWall(3_100)
    await clock.run(extending)
    expect(world.node(0).sent('extend')).toBe(before + 2)
    lock.assertHeld()
  })
})
