import { shownResources, type Engine, type RoundOptions } from '../engine.js'
import { LockMisuseError } from '../errors.js'
import { Lease, type Claim } from '../hold/lease.js'
import { withLabel } from '../label.js'
import { mayHold, type Fence, type NodeReply } from '../node/lock-node.js'
import type { Interruption } from '../wait/interruption.js'
import type { Place } from '../wait/place.js'
import type { Member } from './member.js'
import { Tally } from './tally.js'
import { validityOf } from './validity.js'

/**
 * Servers count in doubles, up to 2^53. A clock that is wrong by centuries must not bring a counter near that: nobody
 * could lock the resource until it is forgotten. In microseconds since 1970 this is the year 2223.
 */
const HIGHEST_TOKEN = 8e15

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
  engine: Engine,
  claim: Claim,
  wanted: Interruption,
  turn: Turn,
  patience: number = claim.options.nodeTimeout,
): Promise<Attempt> {
  for (let proposal = 1; ; proposal++) {
    const result = await propose(engine, claim, wanted, turn, patience)
    if (!result.won) refuseIfBeyondCounting(claim, result)
    if (result.won || proposal === MOST_PROPOSALS || !isStaleOnly(engine, result.tally)) return result
    result.abandon()
  }
}

async function propose(
  engine: Engine,
  claim: Claim,
  wanted: Interruption,
  turn: Turn,
  patience: number,
): Promise<Attempt> {
  const { keys, options } = claim
  const { ttl, driftFactor, nodeTimeout } = options
  const { random, quorum } = engine.options
  const place = typeof turn === 'object' ? turn : undefined
  const queue = typeof turn === 'object' ? turn.waiter : turn
  // Never one that was released: a late release could delete the key that this attempt counts on.
  const value = place?.name ?? withLabel(random.id(), options.label)
  const start = engine.now()
  place?.attempting(start)
  const fence = options.fencing ? nextFence(engine, claim) : undefined
  const tally = new Tally(engine.names, quorum)
  let phase: 'voting' | 'won' | 'lost' | 'abandoned' = 'voting'

  const undo = (member: Member): void => {
    if (place !== undefined) {
      // On all nodes at once; what they say to the attempt from then on makes no difference.
      if (place.name === value) place.giveBack(tally)
      return
    }
    const { marker } = member
    const trace = tally.replies[member.index]?.vote === 'granted' ? 'answered' : 'unanswered'
    member.deliver({ kind: 'release', keys, value, marker }, ttl, trace)
  }
  const hear = (member: Member, reply: NodeReply): void => {
    noteToken(engine, reply)
    place?.heard(member, reply, start)
  }
  const take = (member: Member, reply: NodeReply): void => {
    hear(member, reply)
    if (phase === 'lost' && mayHold(reply)) undo(member)
  }
  const abandon = (): void => {
    if (phase === 'abandoned') return
    phase = 'abandoned'
    for (const member of engine.members) if (tally.replies[member.index] === undefined) undo(member)
  }
  const conclude = (outcome: 'won' | 'lost'): void => {
    phase = outcome
    const heard = engine.members.filter((member) => tally.replies[member.index] !== undefined)
    for (const member of heard) hear(member, tally.replies[member.index] as NodeReply)
    if (outcome === 'won') return
    for (const member of heard) if (mayHold(tally.replies[member.index] as NodeReply)) undo(member)
  }

  const round: RoundOptions = {
    tally,
    start,
    patience,
    suspectAfter: nodeTimeout,
    late: (member, reply) => {
      // Before the votes are taken up here a late one is counted with the others.
      if (phase === 'won' || phase === 'lost') take(member, reply)
    },
  }
  wanted.throwIfInterrupted()
  try {
    await wanted.until<Tally>((done) => {
      engine.openRound(
        ({ marker }) => ({ kind: 'acquire', keys, value, ttl, queue, fence, marker }),
        round,
        done,
      )
    })
  } catch (reason) {
    place?.leave(tally)
    conclude('lost')
    abandon()
    throw reason
  }

  if (tally.outcome === 'won') {
    const lease = new Lease(claim, value, fence?.token, start, tally, validityOf(ttl, driftFactor))
    if (lease.remaining(engine.now()) > 0) {
      conclude('won')
      return { won: true, lease }
    }
    // It took so long that the keys may be expiring already: never handed out.
    tally.outcome = 'lost'
    tally.tookTooLong = true
  }
  conclude('lost')
  return { won: false, tally, abandon }
}

/** "Fencing token from the quorum": proposals follow the clock, so that the first one nearly always holds. */
function nextFence(engine: Engine, { resources, options: { fenceRetention } }: Claim): Fence {
  const { clock } = engine.options
  const micros = Math.floor(clock.wall() * 1_000 + (clock.monotonic() % 1) * 1_000)
  const token = Math.max(engine.highestToken + 1, micros)
  if (token > HIGHEST_TOKEN) {
    const time = new Date(clock.wall()).toISOString()
    throw new LockMisuseError(
      `Cannot draw a fencing token for ${shownResources(resources)}: the clock of this machine says ${time}. Set it right`,
      { resources },
    )
  }
  engine.highestToken = token
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

function noteToken(engine: Engine, reply: NodeReply): void {
  if (reply.vote !== 'refused' || reply.counter === undefined || reply.counter >= HIGHEST_TOKEN) return
  engine.highestToken = Math.max(engine.highestToken, reply.counter)
}

/** Lost for the number of the token alone: a higher one may win at once. */
function isStaleOnly(engine: Engine, tally: Tally): boolean {
  const stale = tally.refusals('stale')
  const promising = tally.granted + stale + tally.outstanding
  return stale > 0 && promising >= engine.options.quorum
}
