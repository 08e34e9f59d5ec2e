import type { Lease } from '../lease.js'
import type { Fence } from '../node/commands.js'
import type { NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

/**
 * A separate step after an extension round that was won ("Repair"): a node that has lost the value and is free, or that
 * could not be asked, gets it again. It counts from the next round on, never towards the one that led to it.
 */
export function repairAfterRenewal(quorum: Quorum, lease: Lease, member: Member, reply: NodeReply): void {
  if (reply.vote === 'refused' && reply.reason === 'gone') repair(quorum, lease, member, lease.ttl)
  else topUp(quorum, lease, member)
}

/**
 * A node that could not vote when the lock was granted, or was not asked, gets the lock as if by a late vote of that round,
 * for as long as the keys live on the other nodes. So the lock does not depend on a bare quorum until its renewal.
 */
export function topUp(quorum: Quorum, lease: Lease, member: Member): void {
  const reply = lease.tally.replies[member.index]
  if (reply === undefined || !couldNotVote(reply) || !member.mayVote || lease.detached) return
  const left = Math.ceil(lease.since.monotonic + lease.ttl - quorum.clock.monotonic())
  if (left > 0) repair(quorum, lease, member, left)
}

function repair(quorum: Quorum, lease: Lease, member: Member, ttl: number): void {
  const start = quorum.now()
  if (lease.remaining(start) === 0) return
  const { keys, options } = lease.request
  const fence: Fence | undefined =
    lease.token === undefined ? undefined : { token: lease.token, retention: options.fenceRetention }
  const { tally, value, bearer } = lease
  const { marker } = member
  const obstacle = member.submit({ kind: 'repair', keys, value, ttl, fence, marker }, (answer) => {
    due.cancel()
    tally.put(member.index, answer, 0)
  })
  if (obstacle !== undefined) return
  // A node that is asked for nothing but repairs would otherwise be sent more and more of them while it does not respond.
  const due = quorum.agenda.at(start.monotonic + options.nodeTimeout, 'background', () => {
    member.overdue(start.monotonic)
  })
  // An extension in the same call informs the node of the bearer; otherwise the giver could release the lock there.
  if (bearer !== undefined && bearer > 0) {
    member.submit({ kind: 'extend', keys, value, ttl, bearer, marker }, () => undefined)
  }
  // A release in the meantime travels behind the repair and takes it back.
  lease.mayRemainOn(member)
}

function couldNotVote(reply: NodeReply): boolean {
  if (reply.vote === 'failed') return reply.unsent === true
  return reply.vote === 'refused' && (reply.reason === 'quarantined' || reply.reason === 'unmarked')
}
