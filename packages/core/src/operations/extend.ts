import type { Lease } from '../lease.js'
import type { Quorum } from '../quorum/quorum.js'
import { validityOf } from '../quorum/validity.js'
import { repairAfterRenewal } from './repair.js'

/** Between two rounds of which neither was conclusive, milliseconds. */
export const PAUSE_BETWEEN_TRIES = 20

export type ExtendOutcome = 'renewed' | 'lost' | 'inconclusive'

/**
 * One round of extension ("Extend"). Only nodes where the value is still ours count. On success the validity is that
 * of this round; a round that is not won changes nothing, but that a shorter TTL may have reached some nodes.
 */
export async function extend(
  quorum: Quorum,
  lease: Lease,
  ttl: number,
  purpose: 'awaited' | 'background',
): Promise<ExtendOutcome> {
  const start = quorum.now()
  if (lease.remaining(start) <= 0) return 'inconclusive'
  const { value, bearer } = lease
  const { keys, options } = lease.claim
  const validity = validityOf(ttl, options.driftFactor)
  lease.curtail(start.monotonic + validity)
  lease.longestTtl = Math.max(lease.longestTtl, ttl)

  const running = quorum.round(({ marker }) => ({ kind: 'extend', keys, value, ttl, bearer, marker }), {
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
  if (lease.remaining(quorum.now()) <= 0) return 'inconclusive'
  if (tally.outcome === 'lost') return tally.isGone ? 'lost' : 'inconclusive'

  lease.renew(tally, ttl, start, validity)
  for (const member of quorum.members) {
    const reply = tally.replies[member.index]
    if (reply !== undefined) repairAfterRenewal(lease, member, reply)
  }
  return 'renewed'
}
