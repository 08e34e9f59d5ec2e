import type { Claim } from '../lease.js'
import { mayHold, type NodeReply } from '../node/lock-node.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Instant } from '../quorum/validity.js'
import type { Place } from '../wait/place.js'

/**
 * Servers count in doubles, up to 2^53. A clock that is wrong by centuries must not bring a counter near that: nobody
 * could lock the resource until it is forgotten. In microseconds since 1970 this is the year 2223.
 */
export const HIGHEST_TOKEN = 8e15

/** One value that was proposed to every node: the votes for it and, when it is lost, what takes it back. */
export class Proposal {
  readonly tally: Tally
  readonly #quorum: Quorum
  readonly #claim: Claim
  readonly #value: string
  readonly #start: Instant
  readonly #place: Place | undefined
  #phase: 'voting' | 'won' | 'lost' | 'abandoned' = 'voting'

  constructor(quorum: Quorum, claim: Claim, value: string, start: Instant, place: Place | undefined) {
    this.#quorum = quorum
    this.#claim = claim
    this.#value = value
    this.#start = start
    this.#place = place
    this.tally = quorum.newTally()
  }

  /** The outcome is sure: what was heard until now is taken up. */
  settle(outcome: 'won' | 'lost'): void {
    this.#phase = outcome
    const { replies } = this.tally
    const heard = this.#quorum.members.filter((member) => replies[member.index] !== undefined)
    for (const member of heard) this.#note(member, replies[member.index] as NodeReply)
    if (outcome === 'won') return
    for (const member of heard) if (mayHold(replies[member.index] as NodeReply)) this.#takeBack(member)
  }

  /** A reply after the end of the round. Before the votes are taken up it is counted with the others. */
  late(member: Member, reply: NodeReply): void {
    if (this.#phase !== 'won' && this.#phase !== 'lost') return
    this.#note(member, reply)
    if (this.#phase === 'lost' && mayHold(reply)) this.#takeBack(member)
  }

  /** Takes back what is still under way, before anything else is sent to the same nodes. Idempotent. */
  abandon(): void {
    if (this.#phase === 'abandoned') return
    this.#phase = 'abandoned'
    for (const member of this.#quorum.members) {
      if (this.tally.replies[member.index] === undefined) this.#takeBack(member)
    }
  }

  #note(member: Member, reply: NodeReply): void {
    if (reply.vote === 'refused' && reply.counter !== undefined && reply.counter < HIGHEST_TOKEN) {
      this.#quorum.highestToken = Math.max(this.#quorum.highestToken, reply.counter)
    }
    this.#place?.heard(member, reply, this.#start)
  }

  #takeBack(member: Member): void {
    const value = this.#value
    if (this.#place !== undefined) {
      // On all nodes at once; what they say to the attempt from then on makes no difference.
      if (this.#place.name === value) this.#place.giveBack(this.tally)
      return
    }
    const { keys, options } = this.#claim
    const { marker } = member
    const trace = this.tally.replies[member.index]?.vote === 'granted' ? 'answered' : 'unanswered'
    member.deliver({ kind: 'release', keys, value, marker }, options.ttl, trace)
  }
}
