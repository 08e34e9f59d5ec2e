import type { Lease } from '../lease.js'
import type { Quorum } from '../quorum/quorum.js'
import { elapsedSince, FRESHNESS, validityOf } from '../quorum/validity.js'
import { repairAfterRenewal } from './repair.js'

/** Between two rounds when the first was inconclusive, milliseconds. */
export const PAUSE_BETWEEN_TRIES = 20

export type ExtendOutcome = 'renewed' | 'lost' | 'inconclusive'

/**
 * One round of extension ("Extend"). Only nodes that still store the value count. On success the validity is that of
 * this round; a round that is not won changes nothing, except that a shorter TTL may have reached some nodes.
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
  const { keys, options } = lease.request
  const validity = validityOf(ttl, options.driftFactor)
  lease.prepareExtension(ttl, start.monotonic + validity)

  const round = quorum.round(({ marker }) => ({ kind: 'extend', keys, value, ttl, bearer, marker }), {
    start,
    // An answer after the end of the lock is useless.
    deadline: Math.min(options.nodeTimeout, lease.remaining(start)),
    suspectDeadline: options.nodeTimeout,
    purpose,
    late: (member, reply, tally) => {
      if (tally.outcome === 'won') repairAfterRenewal(quorum, lease, member, reply)
    },
  })
  lease.extensionBegan(round)
  const tally = await round
  lease.extensionEnded()
  // A release in the meantime has won, and what expired in the meantime is never revived: nothing remains of either.
  const now = quorum.now()
  if (lease.remaining(now) <= 0) return 'inconclusive'
  if (tally.outcome === 'lost') return tally.isGone ? 'lost' : 'inconclusive'
  if (elapsedSince(start, now) > FRESHNESS) return 'inconclusive'

  lease.renewed(tally, ttl, start, validity)
  for (const member of quorum.members) {
    const reply = tally.replies[member.index]
    if (reply !== undefined) repairAfterRenewal(quorum, lease, member, reply)
  }
  return 'renewed'
}
