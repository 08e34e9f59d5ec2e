import { shownResources } from '../check.js'
import { LockMisuseError } from '../errors.js'
import { withLabel } from '../label.js'
import { Lease, type Claim } from '../lease.js'
import type { Fence } from '../node/lock-node.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { validityOf } from '../quorum/validity.js'
import type { Interruption } from '../wait/interruption.js'
import type { Place } from '../wait/place.js'
import { HIGHEST_TOKEN, Proposal } from './proposal.js'

/** Proposals of a token in one attempt; each costs a round trip, and only wrong clocks make more than one. */
const MOST_PROPOSALS = 8

export type Attempt = Won | Lost

export interface Won {
  readonly won: true
  readonly lease: Lease
}

export interface Lost {
  readonly won: false
  readonly tally: Tally
  /** Takes back what is still under way, before anything else is sent to the same nodes. Idempotent. */
  readonly abandon: () => void
}

/** As in `AcquireCommand`, but that a waiter is told where it stands. */
export type Turn = 'ignore' | 'respect' | Place

/**
 * One try to take all keys on a quorum ("Acquire", steps 1 to 5): a lease that is valid, or everything rolled back.
 * So it is when the caller's wait is interrupted meanwhile, before the promise rejects.
 */
export async function attempt(
  quorum: Quorum,
  claim: Claim,
  wanted: Interruption,
  turn: Turn,
  patience: number = claim.options.nodeTimeout,
): Promise<Attempt> {
  for (let proposal = 1; ; proposal++) {
    const result = await propose(quorum, claim, wanted, turn, patience)
    if (!result.won) refuseIfBeyondCounting(claim, result)
    if (result.won || proposal === MOST_PROPOSALS || !isStaleOnly(quorum, result.tally)) return result
    result.abandon()
  }
}

async function propose(
  quorum: Quorum,
  claim: Claim,
  wanted: Interruption,
  turn: Turn,
  patience: number,
): Promise<Attempt> {
  const { keys, options } = claim
  const { ttl, driftFactor, nodeTimeout } = options
  const place = typeof turn === 'object' ? turn : undefined
  const queue = typeof turn === 'object' ? turn.waiter : turn
  // Never one that was released: a late release could delete the key that this attempt counts on.
  const value = place?.name ?? withLabel(quorum.random.id(), options.label)
  const start = quorum.now()
  place?.attempting(start)
  const fence = options.fencing ? nextFence(quorum, claim) : undefined
  const proposal = new Proposal(quorum, claim, value, start, place)
  const { tally } = proposal
  const late = proposal.late.bind(proposal)

  wanted.throwIfInterrupted()
  try {
    await wanted.until<Tally>((done) => {
      quorum.openRound(
        ({ marker }) => ({ kind: 'acquire', keys, value, ttl, queue, fence, marker }),
        { tally, start, patience, suspectAfter: nodeTimeout, late },
        done,
      )
    })
  } catch (reason) {
    place?.leave(tally)
    proposal.settle('lost')
    proposal.abandon()
    throw reason
  }

  if (tally.outcome === 'won') {
    const lease = new Lease(claim, value, fence?.token, start, tally, validityOf(ttl, driftFactor))
    if (lease.remaining(quorum.now()) > 0) {
      proposal.settle('won')
      return { won: true, lease }
    }
    // It took so long that the keys may be expiring already: never handed out.
    tally.outcome = 'lost'
    tally.tookTooLong = true
  }
  proposal.settle('lost')
  return {
    won: false,
    tally,
    abandon: () => {
      proposal.abandon()
    },
  }
}

/** "Fencing token from the quorum": proposals follow the clock, so that the first one nearly always holds. */
function nextFence(quorum: Quorum, { resources, options: { fenceRetention } }: Claim): Fence {
  const { clock } = quorum
  const micros = Math.floor(clock.wall() * 1_000 + (clock.monotonic() % 1) * 1_000)
  const token = Math.max(quorum.highestToken + 1, micros)
  if (token > HIGHEST_TOKEN) {
    const time = new Date(clock.wall()).toISOString()
    throw new LockMisuseError(
      `Cannot draw a fencing token for ${shownResources(resources)}: the clock of this machine says ${time}. Set it right`,
      { resources },
    )
  }
  quorum.highestToken = token
  return { token, retention: fenceRetention }
}

/** A machine with a wrong clock was here, with a client that did not look. Other resources are not concerned. */
function refuseIfBeyondCounting({ resources }: Claim, { tally, abandon }: Lost): void {
  if (!tally.replies.some((reply) => reply?.vote === 'refused' && (reply.counter ?? 0) >= HIGHEST_TOKEN))
    return
  abandon()
  throw new LockMisuseError(
    `Cannot draw a fencing token for ${shownResources(resources)}: the last one was drawn by a machine with a wrong clock, and no higher one can be counted. Delete the counters of the resource on the nodes (keys that end in :#fence)`,
    { resources, votes: tally.votes() },
  )
}

/** Lost for the number of the token alone: a higher one may win at once. */
function isStaleOnly(quorum: Quorum, tally: Tally): boolean {
  const stale = tally.refusals('stale')
  const promising = tally.granted + stale + tally.outstanding
  return stale > 0 && quorum.isQuorum(promising)
}
