import type { Engine } from '../engine.js'
import type { Lease } from '../hold/lease.js'
import { repairAfterRenewal } from './repair.js'
import { validityOf } from './validity.js'

/** Between two rounds of which neither was conclusive, milliseconds. */
export const PAUSE_BETWEEN_TRIES = 20

export type ExtendOutcome = 'renewed' | 'lost' | 'inconclusive'

/**
 * One round of extension ("Extend"). Only nodes where the value is still ours count. On success the validity is that
 * of this round; a round that is not won changes nothing, but that a shorter TTL may have reached some nodes.
 */
export async function extend(
  engine: Engine,
  lease: Lease,
  ttl: number,
  purpose: 'awaited' | 'background',
): Promise<ExtendOutcome> {
  const start = engine.now()
  if (lease.remaining(start) <= 0) return 'inconclusive'
  const { value, bearer } = lease
  const { keys, options } = lease.claim
  const validity = validityOf(ttl, options.driftFactor)
  curtail(lease, start.monotonic + validity)
  lease.longestTtl = Math.max(lease.longestTtl, ttl)

  const running = engine.round(({ marker }) => ({ kind: 'extend', keys, value, ttl, bearer, marker }), {
    start,
    // After the deadline no answer is of use.
    patience: Math.min(options.nodeTimeout, lease.remaining(start)),
    suspectAfter: options.nodeTimeout,
    purpose,
    late: (member, reply, tally) => {
      if (tally.outcome === 'won') repairAfterRenewal(lease, member, reply)
    },
  })
  lease.extending = running
  const tally = await running
  lease.extending = undefined
  // A release that came meanwhile has won, and what expired meanwhile is never revived: nothing remains of either.
  if (lease.remaining(engine.now()) <= 0) return 'inconclusive'
  if (tally.outcome === 'lost') return tally.isGone ? 'lost' : 'inconclusive'

  lease.tally = tally
  lease.ttl = ttl
  lease.since = start
  lease.validity = validity
  lease.isProvisional = false
  engine.holds.extended(lease)
  for (const member of engine.members) {
    const reply = tally.replies[member.index]
    if (reply !== undefined) repairAfterRenewal(lease, member, reply)
  }
  return 'renewed'
}

/** Asking for less time than is left shortens the life of the keys on whichever nodes hear of it. */
function curtail(lease: Lease, until: number): void {
  const excess = lease.since.monotonic + lease.validity - until
  if (excess > 0) lease.validity -= excess
}
