import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { LockContendedError, QuorumUnavailableError } from '@quorumlock/core'
import { startFleet, type FaultName, type Fleet, type FleetBackend } from '@quorumlock/testing'
import { openBench, type Bench } from './bench.js'
import { startStopwatch } from './stopwatch.js'

/** The effect of the fault on a majority of nodes, for a free lock. */
type Effect = 'stops the service' | 'slows it down' | 'is survived'

/**
 * Faults of the catalogue, and their effect on a majority. With a minority, the service always continues.
 * Garbage has a separate test, because a plain node-redis client that receives it during its handshake waits forever.
 */
export const rows: readonly (readonly [FaultName, Effect])[] = [
  ['crash', 'stops the service'],
  ['shutdown', 'stops the service'],
  ['freeze', 'stops the service'],
  ['sleep', 'slows it down'],
  ['latency', 'slows it down'],
  ['slow requests', 'slows it down'],
  ['jitter', 'slows it down'],
  ['sliced', 'slows it down'],
  ['partition', 'stops the service'],
  ['stalled requests', 'stops the service'],
  ['stalled replies', 'stops the service'],
  ['blackhole', 'stops the service'],
  ['lost requests', 'stops the service'],
  ['lost replies', 'stops the service'],
  ['refuse', 'stops the service'],
  ['refuse new', 'is survived'],
  ['reset', 'is survived'],
  ['orderly close', 'is survived'],
  ['mute accept', 'stops the service'],
  ['half-open', 'stops the service'],
  ['reset on request', 'stops the service'],
  ['reset in mid-reply', 'stops the service'],
  ['lose reply', 'stops the service'],
  ['swallow reply', 'stops the service'],
  ['lose request', 'stops the service'],
  ['oom', 'stops the service'],
  ['readonly', 'stops the service'],
  ['masterdown', 'stops the service'],
  ['noreplicas', 'stops the service'],
  ['misconf', 'stops the service'],
  ['busy', 'stops the service'],
  ['noauth', 'stops the service'],
  ['noperm', 'stops the service'],
  ['maxclients', 'stops the service'],
  ['write pause', 'stops the service'],
  ['unknown command', 'stops the service'],
  ['unknown error', 'stops the service'],
  ['moved', 'stops the service'],
  ['clusterdown', 'stops the service'],
  ['tryagain', 'stops the service'],
  ['script flush', 'is survived'],
  ['duplicate request', 'is survived'],
]

const ttl = 3_000
const nodeTimeout = 400
const wait = 900
/** Size of the faults that only slow the nodes down, milliseconds. */
const howMuch: Partial<Record<FaultName, number>> = {
  latency: 40,
  'slow requests': 40,
  jitter: 60,
  sleep: 200,
}
/** Allowance for late timers, milliseconds. */
const slack = 350

export function faultSuite(backend: FleetBackend, chosen: readonly (readonly [FaultName, Effect])[]): void {
  describe(`our locks on ${backend}`, () => {
    let fleet: Fleet
    let bench: Bench
    let count = 0
    const fresh = (): string => `orders-${++count}`
    const hit = async (name: FaultName, nodes: number): Promise<void> => {
      const ms = howMuch[name]
      await Promise.all(
        fleet.nodes.slice(0, nodes).map((node) => node.inject(name, ms === undefined ? {} : { ms })),
      )
    }

    beforeAll(async () => {
      fleet = await startFleet({ backend })
      // Quarantine has separate tests; here a restarted node must vote again immediately.
      bench = await openBench(fleet.urls, { ttl, nodeTimeout, wait, guard: false })
      await bench.redlock.using('warm', () => undefined)
    })
    afterEach(async () => {
      await fleet.heal()
      await bench.settled()
    })
    afterAll(async () => {
      await bench[Symbol.asyncDispose]()
      await fleet.dispose()
    })

    test.each(chosen)(
      'with "%s" on two of five nodes, the service continues, and no call exceeds its time limit',
      async (name) => {
        if (fleet.nodes[0]!.cannot(name) !== undefined) return
        await hit(name, 2)
        for (let round = 0; round < 3; round++) {
          const resource = fresh()
          const elapsed = startStopwatch()
          const lock = await bench.redlock.acquire(resource)
          expect(elapsed()).toBeLessThan(nodeTimeout + slack)
          expect(await bench.redlock.tryAcquire(resource)).toBeNull()
          await lock.extend()
          expect(await lock.release()).toBe('released')
        }
      },
    )

    test.each(chosen)(
      'the fault "%s" on three of five nodes %s, and the service recovers after it',
      async (name, effect) => {
        if (fleet.nodes[0]!.cannot(name) !== undefined) return
        await hit(name, 3)
        const elapsed = startStopwatch()
        const outcome = await bench.redlock.acquire(fresh()).then(
          async (lock) => lock.release(),
          (error: unknown) => error,
        )
        expect(elapsed()).toBeLessThan(wait + nodeTimeout + slack)
        if (effect === 'stops the service') {
          expect(outcome).toBeInstanceOf(QuorumUnavailableError)
          expect(outcome).not.toBeInstanceOf(LockContendedError)
          const failed = (outcome as QuorumUnavailableError).votes.filter(({ vote }) => vote !== 'granted')
          expect(failed.length).toBeGreaterThanOrEqual(3)
          for (const { reason } of failed) expect(reason).toBeTruthy()
        } else expect(outcome).toBe('released')
        await fleet.heal()
        await bench.settled()
        const lock = await bench.redlock.acquire(fresh())
        expect(await lock.release()).toBe('released')
      },
    )
  })
}
