import type { Engine } from '../engine.js'
import type { Lease } from '../hold/lease.js'
import type { Fence, NodeReply } from '../node/lock-node.js'
import type { Member } from './member.js'
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
  const { keys, options } = lease.claim
  const validity = validityOf(ttl, options.driftFactor)
  curtail(lease, start.monotonic + validity)
  lease.longestTtl = Math.max(lease.longestTtl, ttl)

  const running = engine.round(({ marker }) => ({ kind: 'extend', keys, value: lease.value, ttl, marker }), {
    start,
    // After the deadline no answer is of use.
    patience: Math.min(options.nodeTimeout, lease.remaining(start)),
    suspectAfter: options.nodeTimeout,
    purpose,
    late: (member, reply, tally) => {
      if (tally.outcome === 'won') repairIfFree(engine, lease, member, reply)
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
  engine.holds.extended(lease)
  for (const member of engine.members) {
    const reply = tally.replies[member.index]
    if (reply !== undefined) repairIfFree(engine, lease, member, reply)
  }
  return 'renewed'
}

/** Asking for less time than is left shortens the life of the keys on whichever nodes hear of it. */
function curtail(lease: Lease, until: number): void {
  const excess = lease.since.monotonic + lease.validity - until
  if (excess > 0) lease.validity -= excess
}

/**
 * A step of its own after a round that was won: a node that has lost the value and is free gets it again. It counts
 * from the next round on, never towards the one that led to it.
 */
function repairIfFree(engine: Engine, lease: Lease, member: Member, reply: NodeReply): void {
  if (reply.vote !== 'refused' || reply.reason !== 'gone' || lease.state !== 'held') return
  const { keys, options } = lease.claim
  const fence: Fence | undefined =
    lease.token === undefined ? undefined : { token: lease.token, retention: options.fenceRetention }
  const { tally } = lease
  lease.traces ??= new Set()
  lease.traces.add(member)
  // A release that comes meanwhile travels behind it and takes it back.
  member.submit(
    { kind: 'repair', keys, value: lease.value, ttl: lease.ttl, fence, marker: member.marker },
    (answer) => {
      tally.put(member.index, answer, 0)
    },
  )
}
