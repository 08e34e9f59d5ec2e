import type { Lease, ReleaseOutcome } from '../lease.js'
import type { ReleaseCommand } from '../node/commands.js'
import type { NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

/** A node that was never asked for the lock needs no release. */
const NOT_THERE: NodeReply = { vote: 'refused', reason: 'gone' }

/**
 * Releases a lock on every node ("Release"). Resolves at the first majority that has answered; the rest continues in
 * the background until it is acknowledged or the keys have surely expired. `wasValid`: it was held when it was ended.
 */
export async function release(quorum: Quorum, lease: Lease, wasValid: boolean): Promise<ReleaseOutcome> {
  const deliver = (member: Member, reply: NodeReply | undefined): void => {
    if (reply?.vote === 'failed' || reply?.vote === 'unknown') deliverTo(member, lease)
  }
  let decided = false
  const tally = quorum.newTally()
  const spared = quorum.members.filter((member) => lease.wasSparedAt(member))
  for (const { index } of spared) tally.put(index, NOT_THERE, 0)
  await quorum.round((member) => releaseOf(lease, member), {
    tally,
    deadline: lease.request.options.nodeTimeout,
    // Of the few nodes that may have it, a first one without it says nothing of the others.
    isDecided: (soFar) => soFar.isAnswered && (soFar.granted > 0 || spared.length === 0),
    late: (member, reply) => {
      if (decided) deliver(member, reply)
    },
  })
  decided = true
  for (const member of quorum.members) deliver(member, tally.replies[member.index])
  if (tally.isWon) return 'released'
  if (!tally.isAnswered) return 'unknown'
  // Held by a bare majority, and not all of it were among the first to answer. The lock was still held while it was
  // valid.
  return wasValid && tally.granted > 0 ? 'released' : 'expired'
}

/** The same in the background. */
export function releaseEverywhere({ members }: Quorum, lease: Lease): void {
  for (const member of members) deliverTo(member, lease)
}

/**
 * Nodes that never stored the lock are skipped, so that what is kept for unresponsive nodes is bounded by what was
 * held.
 */
function deliverTo(member: Member, lease: Lease): void {
  const state = lease.answerStateAt(member)
  if (state !== 'absent') member.deliver(releaseOf(lease, member), lease.longestTtl, state)
}

function releaseOf({ request, value, bearer }: Lease, { marker }: Member): ReleaseCommand {
  return { kind: 'release', keys: request.keys, value, bearer, marker }
}
