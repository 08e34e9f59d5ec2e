import type { LockRequest } from '../lease.js'
import { mayHold, type NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Instant } from '../quorum/validity.js'
import type { Place } from '../wait/place.js'
import { noteCounter } from './fence.js'

/** One value that was proposed to every node: the votes for it and, when it is lost, its rollback. */
export class Proposal {
  readonly tally: Tally
  readonly #quorum: Quorum
  readonly #request: LockRequest
  readonly #value: string
  readonly #start: Instant
  readonly #place: Place | undefined
  #phase: 'voting' | 'won' | 'lost' | 'rolled back' = 'voting'

  constructor(quorum: Quorum, request: LockRequest, value: string, start: Instant, place: Place | undefined) {
    this.#quorum = quorum
    this.#request = request
    this.#value = value
    this.#start = start
    this.#place = place
    this.tally = quorum.newTally()
  }

  /** The outcome is certain: records the replies that have arrived, and rolls back what a lost proposal was granted. */
  settle(outcome: 'won' | 'lost'): void {
    this.#phase = outcome
    const { replies } = this.tally
    const responders = this.#quorum.members.filter((member) => replies[member.index] !== undefined)
    for (const member of responders) this.#record(member, replies[member.index] as NodeReply)
    if (outcome === 'won') return
    for (const member of responders) if (mayHold(replies[member.index] as NodeReply)) this.#rollBackOn(member)
  }

  /** A reply after the end of the round. Before `settle` it is counted with the others. */
  onLateReply(member: Member, reply: NodeReply): void {
    if (this.#phase !== 'won' && this.#phase !== 'lost') return
    this.#record(member, reply)
    if (this.#phase === 'lost' && mayHold(reply)) this.#rollBackOn(member)
  }

  /** Rolls back what is still in flight, before anything else is sent to the same nodes. Idempotent. */
  rollBackUnanswered(): void {
    if (this.#phase === 'rolled back') return
    this.#phase = 'rolled back'
    for (const member of this.#quorum.members) {
      if (this.tally.replies[member.index] === undefined) this.#rollBackOn(member)
    }
  }

  #record(member: Member, reply: NodeReply): void {
    noteCounter(this.#quorum, reply)
    this.#place?.record(member, reply, this.#start)
  }

  #rollBackOn(member: Member): void {
    const value = this.#value
    if (this.#place !== undefined) {
      // On all nodes at once; later replies to the attempt make no difference.
      if (this.#place.name === value) this.#place.rollBack(this.tally)
      return
    }
    const { keys, options } = this.#request
    const { marker } = member
    const state = this.tally.replies[member.index]?.vote === 'granted' ? 'answered' : 'unanswered'
    member.deliver({ kind: 'release', keys, value, marker }, options.ttl, state)
  }
}
