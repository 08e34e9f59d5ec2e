import { withLabel } from '../label.js'
import { Lease, type LockRequest } from '../lease.js'
import type { Fence } from '../node/commands.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Round } from '../quorum/round.js'
import type { Tally } from '../quorum/tally.js'
import { elapsedSince, FRESHNESS, validityOf, type Instant } from '../quorum/validity.js'
import type { Place } from '../wait/place.js'
import type { Call } from './call.js'
import { beyondCounting, isBeyondCounting, isStaleOnly, nextFence } from './fence.js'
import { Proposal } from './proposal.js'

/** Proposals of a token in one attempt; each costs a round trip, and only wrong clocks need more than one. */
const MOST_PROPOSALS = 8

/** How often in one attempt nodes are asked again because they knew of another server than this client. */
const MOST_MOVES = 3

export type Attempt = Won | Lost

export interface Won {
  readonly won: true
  readonly lease: Lease
}

export interface Lost {
  readonly won: false
  readonly tally: Tally
  /** Rolls back what is still in flight, before anything else is sent to the same nodes. Idempotent. */
  readonly rollBack: () => void
}

/** As the `queue` of an `AcquireCommand`, except that a waiter brings its place. */
export type Turn = 'ignore' | 'respect' | Place

/**
 * One try to take all keys on a quorum ("Acquire", steps 1 to 5): a lease that is valid, or everything rolled back,
 * also when the call is interrupted.
 */
export async function attempt(
  call: Call,
  turn: Turn,
  deadline: number = call.request.options.nodeTimeout,
): Promise<Attempt> {
  call.attempts++
  const { clock } = call.client.quorum
  const until = clock.monotonic() + deadline
  let left = deadline
  let proposal = 1
  let moves = 0
  for (;;) {
    // Nearly always nobody else wants the lock. Whoever meets another client asks all nodes.
    const isFirst = call.attempts === 1 && proposal === 1
    const result = await propose(call, turn, left, isFirst)
    if (result.won) return result
    if (isBeyondCounting(result.tally)) {
      result.rollBack()
      throw beyondCounting(call.request, result.tally)
    }
    if (hasMoved(result.tally) && ++moves <= MOST_MOVES) {
      result.rollBack()
      const unready = call.ready(until - clock.monotonic())
      if (unready !== undefined) await unready
      left = until - clock.monotonic()
      if (left <= 0) return result
    } else {
      if (proposal === MOST_PROPOSALS || !isStaleOnly(call.client.quorum, result.tally)) return result
      result.rollBack()
      proposal++
    }
  }
}

/** Nodes have learned who holds a seat, and the attempt might be won by a client that knows the same. */
function hasMoved(tally: Tally): boolean {
  const moved = tally.refusals('unmarked')
  return moved > 0 && tally.granted + tally.outstanding + moved >= tally.quorum
}

async function propose(call: Call, turn: Turn, deadline: number, isFirst: boolean): Promise<Attempt> {
  const { request, interruption } = call
  const { quorum } = call.client
  const { keys, options } = request
  const { ttl, nodeTimeout } = options
  const place = typeof turn === 'object' ? turn : undefined
  const queue = typeof turn === 'object' ? turn.waiter : turn
  // Never a value that was released, because a late release could delete the key that this attempt counts on.
  const value = place?.name ?? withLabel(quorum.random.id(), options.label)
  const start = quorum.now()
  place?.attempting(start)
  const fence = options.fencing ? nextFence(quorum, request) : undefined
  const proposal = new Proposal(quorum, request, value, start, place)
  const { tally } = proposal
  const late = proposal.onLateReply.bind(proposal)
  interruption.throwIfInterrupted()
  const first = isFirst && options.spread !== 'all' ? quorum.quickest(start.monotonic) : undefined
  // Those that are asked later are asked as members of the same fleet: votes under different seats never count together.
  const markers = first && quorum.members.map(({ marker }) => marker)
  let round: Round | undefined
  try {
    await interruption.promise<Tally>((resolve) => {
      round = quorum.openRound(
        ({ index, marker: present }) => {
          const marker = markers === undefined ? present : markers[index]
          return { kind: 'acquire', keys, value, ttl, queue, fence, marker }
        },
        { tally, start, deadline, suspectDeadline: nodeTimeout, late, first },
        resolve,
      )
    })
  } catch (reason) {
    round?.abandon()
    place?.leave(tally)
    proposal.settle('lost')
    proposal.rollBackUnanswered()
    throw reason
  }
  const lease = leaseOf(quorum, request, value, fence, start, tally)
  proposal.settle(lease === undefined ? 'lost' : 'won')
  if (lease !== undefined) return { won: true, lease }
  return {
    won: false,
    tally,
    rollBack: () => {
      proposal.rollBackUnanswered()
    },
  }
}

/**
 * The lock that was won. If winning took so long that the keys may already be expiring, or the round is not fresh, the
 * attempt is lost after all.
 */
function leaseOf(
  quorum: Quorum,
  request: LockRequest,
  value: string,
  fence: Fence | undefined,
  start: Instant,
  tally: Tally,
): Lease | undefined {
  if (tally.outcome !== 'won') return undefined
  const { ttl, driftFactor } = request.options
  const lease = new Lease(request, value, fence?.token, start, tally, validityOf(ttl, driftFactor))
  const now = quorum.now()
  if (lease.remaining(now) > 0 && elapsedSince(start, now) <= FRESHNESS) return lease
  tally.outcome = 'lost'
  tally.tookTooLong = true
  return undefined
}
