import { afterEach, describe, expect, test } from '@jest/globals'
import { createClient } from 'redis'
import { LockContendedError, QuorumUnavailableError, Redlock, type RedlockOptions } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { nodeRedisNode } from '@quorumlock/clients'

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function fleetOfFive(): Promise<Fleet> {
  const fleet = await startFleet({ nodes: 5, backend: 'processes' })
  open.push(() => fleet.dispose())
  return fleet
}

/** A client with its own connections, like another process. */
async function client(fleet: Fleet, options: Partial<RedlockOptions> = {}): Promise<Redlock> {
  const clients = await Promise.all(
    fleet.urls.map(async (url) => {
      const made = createClient({
        url,
        disableOfflineQueue: true,
        socket: { reconnectStrategy: () => 10 },
      })
      made.on('error', () => undefined)
      await made.connect()
      return made
    }),
  )
  const redlock = new Redlock({
    nodes: clients.map((connection) => nodeRedisNode(connection)),
    ttl: 4_000,
    wait: 0,
    // What a node that is given back what it forgot does is in restoring.test.ts.
    restore: false,
    // So that the next call notices a node that lost its data.
    spread: 'all',
    // High, because delays of a busy machine are not tested here.
    nodeTimeout: 2_000,
    ...options,
  })
  open.push(async () => {
    await redlock.close()
    for (const connection of clients) connection.destroy()
  })
  return redlock
}

async function until(holds: () => boolean | Promise<boolean>, within = 10_000): Promise<void> {
  const end = performance.now() + within
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${within} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const allUp = (redlock: Redlock) => (): boolean => redlock.health().every(({ state }) => state === 'up')
const allBack = (redlock: Redlock) => (): boolean =>
  redlock.health().every(({ state }) => state === 'up' || state === 'quarantined')

/** Contended while the lock is held, unavailable while too few nodes may vote. In both cases the rival does not get it. */
async function isRefused(rival: Redlock): Promise<void> {
  const outcome: unknown = await rival.acquire('ledger').catch((reason: unknown) => reason)
  expect(outcome instanceof LockContendedError || outcome instanceof QuorumUnavailableError).toBe(true)
}

/** The worst case: a lock on a bare majority, because two nodes were down when it was acquired. */
async function heldByThree(fleet: Fleet, redlock: Redlock): Promise<() => Promise<void>> {
  const undos = await Promise.all([3, 4].map((index) => fleet.nodes[index]!.network.refuse()))
  await until(() => redlock.health().filter(({ state }) => state === 'down').length === 2)
  const lock = await redlock.acquire('ledger', { wait: 10_000, autoExtend: false, ttl: 20_000 })
  expect(lock.votes.filter(({ vote }) => vote === 'granted')).toHaveLength(3)
  lock.detach()
  return async () => {
    for (const undo of undos) await undo()
  }
}

describe('a fresh fleet', () => {
  test('a fresh fleet grants its first locks immediately, even to several clients that found it together', async () => {
    const fleet = await fleetOfFive()
    const clients = await Promise.all([client(fleet), client(fleet), client(fleet)])
    const locks = await Promise.all(clients.map((redlock, index) => redlock.acquire(`first-${index}`)))
    expect(locks.every((lock) => lock.held)).toBe(true)
    expect(clients.flatMap((redlock) => redlock.health()).map(({ state }) => state)).not.toContain(
      'quarantined',
    )
  })
})

describe('a node that lost its data while a lock is held by a bare majority', () => {
  test.each([
    ['FLUSHALL', async (fleet: Fleet) => fleet.nodes[0]!.flush()],
    ['an empty restart', async (fleet: Fleet) => fleet.nodes[0]!.restart({ wipe: true })],
  ])('after %s on a node, a lock on a bare majority gets no second holder', async (_, lose) => {
    const fleet = await fleetOfFive()
    const holder = await client(fleet)
    const rival = await client(fleet)
    await rival.tryAcquire('warm-up')
    const reconnect = await heldByThree(fleet, holder)
    await lose(fleet)
    await reconnect()
    await until(allBack(rival))
    for (let round = 0; round < 20; round++) {
      await isRefused(rival)
    }
    await until(() => rival.health()[0]?.state === 'quarantined')
    expect(rival.health()[0]?.quarantine).toBeGreaterThan(4_000)
  })

  test('without the guard, a node that lost its data lets a second holder in', async () => {
    const fleet = await fleetOfFive()
    const holder = await client(fleet, { guard: false })
    const rival = await client(fleet, { guard: false })
    const reconnect = await heldByThree(fleet, holder)
    await fleet.nodes[0]!.flush()
    await reconnect()
    await until(async () => (await rival.tryAcquire('ledger')) !== null)
    expect(await rival.isLocked('ledger')).toBe(true)
  })

  test('two nodes that lost their data leave too few voters, and the error names them', async () => {
    const fleet = await fleetOfFive()
    const holder = await client(fleet)
    const rival = await client(fleet)
    await rival.tryAcquire('warm-up')
    const reconnect = await heldByThree(fleet, holder)
    await fleet.nodes[0]!.flush()
    await fleet.nodes[1]!.restart({ wipe: true })
    await reconnect()
    await until(() => rival.health().every(({ state }) => state !== 'down' && state !== 'suspect'))
    for (let round = 0; round < 20; round++) {
      await isRefused(rival)
    }
    const names = fleet.nodes.map((_, index) => rival.health()[index]!.name)
    await until(async () => {
      const error = await rival.acquire('ledger').catch((reason: unknown) => reason as QuorumUnavailableError)
      const votes = (error as QuorumUnavailableError).votes
      return [0, 1].every((index) =>
        votes.find(({ node }) => node === names[index])?.reason?.startsWith('quarantined'),
      )
    })
  })

  test('a node that lost its data votes again after the longest lease that it may have lost', async () => {
    const fleet = await fleetOfFive()
    const redlock = await client(fleet, { ttl: 500, nodeTimeout: 400, autoExtend: false })
    await (await redlock.acquire('job')).release()
    await fleet.nodes[2]!.flush()
    await redlock.tryAcquire('other')
    await until(() => redlock.health()[2]?.state === 'quarantined')
    await until(allUp(redlock))
    const lock = await redlock.acquire('job')
    await until(() => lock.votes[2]?.vote === 'granted')
  })

  test('an operator can lift the quarantine of a node', async () => {
    const fleet = await fleetOfFive()
    const redlock = await client(fleet, { ttl: 60_000 })
    await (await redlock.acquire('job')).release()
    await fleet.nodes[2]!.flush()
    await redlock.tryAcquire('other')
    await until(() => redlock.health()[2]?.state === 'quarantined')
    await redlock.liftQuarantine(redlock.health()[2]!.name)
    expect(redlock.health()[2]?.state).toBe('up')
  })

  test('a node gets a held lock back when its quarantine is over', async () => {
    const fleet = await fleetOfFive()
    const redlock = await client(fleet, { ttl: 1_500, nodeTimeout: 1_000 })
    const lock = await redlock.acquire('job')
    await fleet.nodes[2]!.flush()
    await redlock.tryAcquire('other')
    await until(async () => {
      const [first, , third] = (await redlock.inspect('job')).nodes
      return third?.holder !== null && third?.holder === first?.holder
    })
    expect(lock.held).toBe(true)
    await lock.release()
  })
})
