import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  LockLostError,
  QuorumLockError,
  QuorumUnavailableError,
  type Lock,
  type Redlock,
  type RedlockOptions,
} from '@quorumlock/core'
import {
  checkMutualExclusion,
  checkTokens,
  machineNow,
  recordHistory,
  startFleet,
  type FaultName,
  type FaultOptions,
  type Fleet,
  type FleetBackend,
  type HistoryEvent,
} from '@quorumlock/testing'
import { until } from '../../src/fleet/until.js'
import { everywhere, openBench, type Bench } from './bench.js'
import { startStopwatch } from './stopwatch.js'

/** Faults after which a node answers again, without its data. */
export const losses: readonly FaultName[] = [
  'flush',
  'swapped databases',
  'evict',
  'crash',
  'restart',
  'empty restart',
  'failover',
  'loading',
  // Every key has expired, including the guard's marker.
  'clock step',
]

/** A client that records its history. */
interface Party {
  readonly bench: Bench
  take(resource: string, wait: number): Promise<Held>
}

interface Held {
  readonly lock: Lock
  renew(): Promise<void>
  release(): Promise<string>
}

/** The TTL must be longer than the backend takes to restart two nodes. */
export function lostDataSuite(backend: FleetBackend, chosen: readonly FaultName[], ttl: number): void {
  describe(`nodes of ${backend} that lose their data`, () => {
    // A container shares the machine's clock.
    const setsClocks = backend === 'processes'
    let fleet: Fleet
    let holder: Party
    let other: Party
    let history: HistoryEvent[] = []
    let count = 0

    const open = async (client: string, on: Fleet, given: Partial<RedlockOptions> = {}): Promise<Party> => {
      const options = { ttl, fencing: true, autoExtend: false, nodeTimeout: 150, wait: 500 }
      const bench = await openBench(on.urls, { ...options, ...given })
      const recorder = recordHistory(client, (event) => history.push(event))
      return {
        bench,
        take: async (resource, wait) => {
          const attempt = recorder.attempt()
          recorder.record(attempt, { kind: 'asked', resource })
          const lock = await bench.redlock.acquire(resource, { wait })
          const validUntil = machineNow() + lock.remaining()
          recorder.record(attempt, { kind: 'acquired', validUntil, token: String(lock.token) })
          lock.signal.addEventListener('abort', () =>
            recorder.record(attempt, { kind: 'lost', error: String(lock.signal.reason) }),
          )
          return {
            lock,
            renew: async () => {
              try {
                await lock.extend()
              } catch (error) {
                // Retried later; the lock is still valid.
                if (error instanceof QuorumUnavailableError) return
                throw error
              }
              recorder.record(attempt, { kind: 'extended', validUntil: machineNow() + lock.remaining() })
            },
            release: async () => {
              recorder.record(attempt, { kind: 'releasing' })
              return lock.release()
            },
          }
        },
      }
    }
    const hit = async (nodes: number, fault: FaultName, options: FaultOptions = {}): Promise<void> => {
      await Promise.all(fleet.nodes.slice(0, nodes).map((node) => node.inject(fault, options)))
      // Crashed nodes come back without their data.
      if (fault === 'crash') await fleet.heal()
    }
    /** Renews as holders do, because a busy machine may take longer than a TTL to restart servers. */
    const renewedDuring = async (held: Held, work: Promise<void>): Promise<void> => {
      const timer = setInterval(() => void held.renew().catch(() => undefined), ttl / 8)
      try {
        await work
      } finally {
        clearInterval(timer)
      }
      await held.renew()
    }
    const judge = (): readonly string[] => [
      ...checkMutualExclusion(history).violations,
      ...checkTokens(history).violations,
    ]

    beforeAll(async () => {
      fleet = await startFleet({ backend })
      holder = await open('holder', fleet)
      other = await open('other', fleet)
      for (const { bench } of [holder, other]) await bench.redlock.using('warm', () => undefined)
    })
    afterEach(async () => {
      history = []
      await fleet.heal()
      await holder.bench.settled()
      await other.bench.settled()
    })
    afterAll(async () => {
      await holder.bench[Symbol.asyncDispose]()
      await other.bench[Symbol.asyncDispose]()
      await fleet.dispose()
    })

    test.each(chosen)(
      'with "%s" on two of five nodes, no other client gets a held lock, and other locks are available',
      async (fault) => {
        if (fleet.nodes[0]!.cannot(fault) !== undefined) return
        const resource = `orders-${++count}`
        const held = await holder.take(resource, 500)
        await everywhere(held.lock)
        await renewedDuring(held, hit(2, fault))
        while (held.lock.remaining() > ttl / 4) {
          expect(await triedAt(other.bench.redlock, resource)).toBe('refused')
        }
        await other.bench.redlock.using(`${resource} else`, () => undefined)
        expect(await held.release()).toBe('released')
        await (await other.take(resource, 3 * ttl)).release()
        expect(judge()).toEqual([])
        expect(checkMutualExclusion(history).checked).toBe(2)
      },
    )

    test.each(chosen)(
      'with "%s" on three of five nodes, no other client gets a lock before its deadline, and the service recovers automatically',
      async (fault) => {
        if (fleet.nodes[0]!.cannot(fault) !== undefined) return
        const resource = `orders-${++count}`
        const held = await holder.take(resource, 500)
        await everywhere(held.lock)
        await hit(3, fault)
        // Three nodes have forgotten it, so a renewal must not report as held what others can soon acquire.
        await expect(held.lock.extend()).rejects.toBeInstanceOf(LockLostError)
        expect(held.lock.held).toBe(false)
        if (fault === 'loading') await fleet.heal()
        const elapsed = startStopwatch()
        await (await other.take(resource, 8 * ttl)).release()
        expect(elapsed()).toBeLessThan(5 * ttl)
        expect(judge()).toEqual([])
        expect(checkMutualExclusion(history).checked).toBe(2)
      },
    )

    // Without the guard, or with clocks that no lease tolerates, on a majority: the check must detect it.
    test.each<FaultName>(['flush', 'clock step'])(
      'with "%s" on three of five nodes without a guard, the lock is granted twice, as the check reports; tokens stay ordered',
      async (fault) => {
        if (fleet.nodes[0]!.cannot(fault) !== undefined) return
        // A single guarded client would exclude emptied nodes for all clients, so these have separate servers.
        const own = await startFleet({ backend })
        // A holder checks the nodes' clocks six times per TTL; this one not before the other has the lock.
        const careless = [
          await open('first', own, { guard: false, ttl: 30_000 }),
          await open('second', own, { guard: false }),
        ] as const
        try {
          const held = await careless[0].take('orders', 500)
          await everywhere(held.lock)
          await Promise.all(own.nodes.slice(0, 3).map((node) => node.inject(fault)))
          await until(() => careless[1].take('orders', 0), ttl)
          expect(held.lock.held).toBe(true)
          expect(checkMutualExclusion(history).outcome).toBe('violated')
          expect(checkTokens(history).outcome).toBe('valid')
        } finally {
          for (const { bench } of careless) await bench[Symbol.asyncDispose]()
          await own.dispose()
        }
      },
    )

    const testOfClocks = setsClocks ? test : test.skip
    testOfClocks(
      'with "fast clock" on three of five nodes, the holder notices it in time, and abandons the lock',
      async () => {
        const held = await holder.take(`orders-${++count}`, 500)
        await everywhere(held.lock)
        await hit(3, 'fast clock')
        await until(async () => expect(held.lock.held).toBe(false), 5 * ttl)
        expect(held.lock.signal.reason).toMatchObject({ reason: 'gone' })
        await (await other.take(`orders-${count}`, 3 * ttl)).release()
        expect(judge()).toEqual([])
      },
    )

    const late: [FaultName, FaultOptions][] = [['clock back', { ms: 500 }]]
    if (setsClocks) late.push(['slow clock', {}])
    test.each(late)(
      'with "%s" on three of five nodes, a lease ends late, never early, and the service recovers automatically',
      async (fault, options) => {
        if (fleet.nodes[0]!.cannot(fault) !== undefined) return
        const held = await holder.take(fault, 500)
        await everywhere(held.lock)
        await hit(3, fault, options)
        await (await other.take(fault, 5 * ttl)).release()
        expect(held.lock.held).toBe(false)
        expect(judge()).toEqual([])
        expect(checkMutualExclusion(history).checked).toBe(2)
      },
    )
  })
}

/** An unavailable majority counts as a refusal; any other error does not. */
async function triedAt(redlock: Redlock, resource: string): Promise<'granted' | 'refused'> {
  try {
    const lock = await redlock.tryAcquire(resource)
    await lock?.release()
    return lock === null ? 'refused' : 'granted'
  } catch (error) {
    if (error instanceof QuorumLockError && error.code === 'UNAVAILABLE') return 'refused'
    throw error
  }
}
