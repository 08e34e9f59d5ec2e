import { shownResources } from '../check.js'
import { LockLostError } from '../errors.js'
import type { Holds } from '../holds.js'
import { Lease, type Claim } from '../lease.js'
import type { LockParts } from '../lock-json.js'
import type { Quorum } from '../quorum/quorum.js'
import { validityOf } from '../quorum/validity.js'
import { Interruption } from '../wait/interruption.js'
import type { Waits } from '../wait/waits.js'
import { PAUSE_BETWEEN_TRIES, type ExtendOutcome } from './extend.js'

export interface Resuming {
  readonly quorum: Quorum
  readonly waits: Waits
  readonly holds: Holds
}

/**
 * Continues with a lock of another process. `hand` makes the handle, in the very moment in which the lock is proven and
 * the caller still wants it: an abort can come before, or meets the handle.
 */
export async function resume<Handle>(
  client: Resuming,
  claim: Claim,
  { value, token, bearer }: LockParts,
  signal: AbortSignal | undefined,
  hand: (lease: Lease) => Handle,
): Promise<Handle> {
  const { quorum, waits } = client
  waits.assertOpen(claim.resources)
  const validity = validityOf(claim.options.ttl, claim.options.driftFactor)
  const lease = new Lease(claim, value, token, quorum.now(), quorum.newTally(), validity)
  lease.bearer = bearer + 1
  const wanted = new Interruption(client, claim.resources, signal)
  try {
    const outcome = await prove(client, lease, wanted)
    wanted.throwIfInterrupted()
    if (outcome === 'renewed') return hand(lease)
    throw new LockLostError(
      outcome === 'lost' ? 'gone' : 'expired',
      `Cannot resume ${shownResources(claim.resources)}: it is not held any more`,
      { resources: claim.resources, votes: lease.tally.votes() },
    )
  } catch (error) {
    // Nobody's lease: the keys belong to whoever resumes the lock next, or expire by themselves.
    lease.end('released')
    throw error
  } finally {
    wanted.dispose()
  }
}

/** It is ours if a majority says so: an extension asks just that. */
async function prove(
  { quorum, holds }: Resuming,
  lease: Lease,
  wanted: Interruption,
): Promise<ExtendOutcome> {
  for (;;) {
    const outcome = await wanted.unless(holds.extend(lease, lease.claim.options.ttl, 'awaited'))
    if (outcome !== 'inconclusive' || lease.remaining(quorum.now()) === 0) return outcome
    await wanted.pause(PAUSE_BETWEEN_TRIES)
  }
}
