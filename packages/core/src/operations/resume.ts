import { shownResources } from '../check.js'
import { LockLostError } from '../errors.js'
import type { Guard } from '../guard/guard.js'
import type { Holds } from '../holds.js'
import { Lease, type LockRequest } from '../lease.js'
import type { LockParts } from '../lock-json.js'
import type { Quorum } from '../quorum/quorum.js'
import { validityOf } from '../quorum/validity.js'
import { Interruption } from '../wait/interruption.js'
import type { Waits } from '../wait/waits.js'
import { PAUSE_BETWEEN_TRIES, type ExtendOutcome } from './extend.js'

export interface Resuming {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly waits: Waits
  readonly holds: Holds
}

/**
 * Continues with a lock of another process. `hand` makes the handle at the very moment at which the lock is confirmed
 * and still wanted, so an abort comes either before it or meets the handle.
 */
export async function resume<Handle>(
  client: Resuming,
  request: LockRequest,
  { value, token, bearer }: LockParts,
  signal: AbortSignal | undefined,
  hand: (lease: Lease) => Handle,
): Promise<Handle> {
  const { quorum, waits } = client
  waits.assertOpen(request.resources)
  const validity = validityOf(request.options.ttl, request.options.driftFactor)
  const lease = new Lease(request, value, token, quorum.now(), quorum.newTally(), validity)
  lease.resumedFrom(bearer)
  const interruption = new Interruption(client, request.resources, signal)
  try {
    const outcome = await confirm(client, lease, interruption)
    interruption.throwIfInterrupted()
    if (outcome === 'renewed') return hand(lease)
    throw new LockLostError(
      outcome === 'lost' ? 'gone' : 'expired',
      `Cannot resume ${shownResources(request.resources)}: it is no longer held`,
      { resources: request.resources, votes: lease.tally.votes() },
    )
  } catch (error) {
    // The keys belong to the next process that resumes the lock, or expire.
    lease.end('released')
    throw error
  } finally {
    interruption.dispose()
  }
}

/** This client has the lock if a majority confirms the value, which is what an extension does. */
async function confirm(
  { quorum, guard, holds }: Resuming,
  lease: Lease,
  interruption: Interruption,
): Promise<ExtendOutcome> {
  for (;;) {
    await interruption.race(guard?.ready() ?? Promise.resolve())
    const outcome = await interruption.race(holds.extend(lease, lease.request.options.ttl, 'awaited'))
    if (outcome !== 'inconclusive' || lease.remaining(quorum.now()) === 0) return outcome
    await interruption.pause(PAUSE_BETWEEN_TRIES)
  }
}
