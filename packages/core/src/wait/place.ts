import { withLabel } from '../label.js'
import type { Claim, Lease } from '../lease.js'
import {
  mayHold,
  type Handed,
  type NodeReply,
  type Refused,
  type ReleaseCommand,
  type Waiter,
} from '../node/lock-node.js'
import type { AnswerState } from '../quorum/pending-releases.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Instant } from '../quorum/validity.js'
import { HandOver } from './hand-over.js'
import type { Wakeups } from './wakeups.js'

/** A place in a queue lapses when it was not renewed for so long: what a crashed first waiter costs the next one. */
export const PLACE_LIFE = 3_000
/** Beyond it our own clock is not trusted for an order among waiters. */
const CLOCK_TOLERANCE = 500

/**
 * The place of one waiter, the same in the queues of all nodes. Its name is the value of the attempts as well, and of the
 * lock where nodes hand it over. Once a release of it was sent the place goes on under a new name: a late release must
 * never delete what counts.
 */
export class Place {
  name: string
  readonly number: number
  readonly #quorum: Quorum
  readonly #wakeups: Wakeups
  readonly #keys: readonly string[]
  readonly #ttl: number
  /** What a node may do for a waiter that listens. */
  readonly #offer: string
  /** Its present name says that it listens. */
  #isListening = false
  readonly #label: string | undefined
  #names = 0
  /** Nodes in whose queue it may stand. Made when one first refuses: nearly always none does. */
  #standing: Map<Member, AnswerState> | undefined
  #began: { at: number; monotonic: number }
  /** When the attempt began that carried its present name, if there was one. */
  #attempted: Instant | undefined
  #handOver: HandOver | undefined
  #isOver = false

  /** Only nodes that are guarded may hand a lock over. */
  constructor(quorum: Quorum, wakeups: Wakeups, { keys, options }: Claim, isGuarded: boolean) {
    this.#quorum = quorum
    this.#wakeups = wakeups
    this.#keys = keys
    this.number = wakeups.nextNumber()
    // A token has to be proposed anew each time, and several keys are had together or not at all.
    const mayBeHanded = isGuarded && !options.fencing && keys.length === 1
    this.#offer = `@${mayBeHanded ? options.ttl : 0}`
    this.#ttl = options.ttl
    this.#label = options.label
    this.name = this.#nextName()
    this.#began = this.#now()
  }

  /** The order among waiters is that of their first attempt. */
  get waiter(): Waiter {
    const { at, monotonic } = this.#began
    const age = Math.max(0, Math.round(this.#quorum.clock.monotonic() - monotonic))
    return { id: this.name, at, age, life: PLACE_LIFE }
  }

  /** Before an attempt that carries this place: what was handed to it until now is taken up by it. */
  attempting(start: Instant): void {
    this.#attempted = start
    this.#handOver = undefined
  }

  /** What a node said to the acquire of the attempt that began at `attempted`. */
  heard(member: Member, reply: NodeReply, attempted: Instant): void {
    if (attempted !== this.#attempted) return
    if (reply.vote === 'granted') this.#standing?.delete(member)
    else if (reply.vote === 'unknown') this.#stand(member, 'unanswered')
    else if (isQueued(reply) && !member.lacks('queue')) {
      this.#stand(member, 'answered')
      if (reply.clock !== undefined) this.#sinceAttempt()?.stands(member, reply.clock)
    }
  }

  handed(member: Member, name: string, handed: Handed): void {
    if (name === this.name) this.#sinceAttempt()?.handed(member, handed)
  }

  /** The lock, if a quorum has handed it over since the last attempt and it is worth having. */
  takeOver(claim: Claim): Lease | undefined {
    const lease = this.#handOver?.lease(this.#quorum, claim, this.name)
    if (lease !== undefined) this.served(lease)
    return lease
  }

  /** Its turn has come: the release of the lock will take it out of the queues in which it stands still. */
  served(lease: Lease): void {
    this.#isOver = true
    for (const member of this.#standing?.keys() ?? []) {
      if (lease.taken.replies[member.index]?.vote === 'granted') continue
      lease.mayRemainOn(member)
    }
  }

  /**
   * Before another attempt; `last` is the one before. A place whose name says that it listens is passed over by nodes of
   * which nobody hears, as that of a process that has died: so it says so only while its subscriptions stand.
   */
  noteHearing(last: Tally): void {
    if (this.#isListening !== this.#wakeups.hears) this.giveBack(last)
  }

  /** After an attempt that was lost though nodes granted it, or may have: all is released, and the place is kept. */
  giveBack(tally: Tally): void {
    if (this.#isOver) return
    const burnt = this.name
    this.name = this.#nextName()
    this.#attempted = undefined
    this.#handOver = undefined
    const { waiter } = this
    for (const member of this.#quorum.members) {
      const reply = tally.replies[member.index]
      const trace = this.#traceAt(member, reply)
      if (trace === undefined) continue
      const stays = reply === undefined || mayHold(reply) || isQueued(reply)
      this.#release(member, burnt, trace, stays ? waiter : undefined)
      if (stays) this.#stand(member, 'unanswered')
      else this.#standing?.delete(member)
    }
  }

  /** To the end of the queues. */
  stepBack(): void {
    this.#began = this.#now()
  }

  /** Nobody waits any more: a place must not hold up those behind it. `last` is the last attempt. Idempotent. */
  leave(last: Tally | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    const attempt = this.#attempted === undefined ? undefined : last
    for (const member of this.#quorum.members) {
      const trace =
        attempt === undefined
          ? this.#standing?.get(member)
          : this.#traceAt(member, attempt.replies[member.index])
      if (trace !== undefined) this.#release(member, this.name, trace)
    }
  }

  #nextName(): string {
    const wakeups = this.#wakeups
    this.#isListening = wakeups.hears
    const offer = this.#isListening ? this.#offer : ''
    return withLabel(`${wakeups.idOf(this.number)}.${++this.#names}${offer}`, this.#label)
  }

  /** Made when it is first needed: nearly always no node refuses. */
  #sinceAttempt(): HandOver | undefined {
    if (this.#attempted === undefined) return undefined
    return (this.#handOver ??= new HandOver(this.#attempted, PLACE_LIFE))
  }

  #stand(member: Member, grant: AnswerState): void {
    this.#standing ??= new Map()
    this.#standing.set(member, grant)
  }

  /** What there may be of the present name on a node that has said `reply` to the last attempt. */
  #traceAt(member: Member, reply: NodeReply | undefined): AnswerState | undefined {
    if (reply === undefined || reply.vote === 'unknown') return 'unanswered'
    return reply.vote === 'granted' ? 'answered' : this.#standing?.get(member)
  }

  #release(member: Member, value: string, trace: AnswerState, requeue?: Waiter): void {
    const { marker } = member
    const release: ReleaseCommand = { kind: 'release', keys: this.#keys, value, requeue, marker }
    member.deliver(release, Math.max(this.#ttl, PLACE_LIFE), trace)
  }

  #now(): { at: number; monotonic: number } {
    const { clock } = this.#quorum
    const monotonic = clock.monotonic()
    const wall = clock.wall()
    return { at: Math.round(wall + this.#clockCorrection(wall - monotonic)), monotonic }
  }

  /** When our wall clock disagrees with that of most nodes it would be replaced there, differently on each. */
  #clockCorrection(ownOffset: number): number {
    const { members } = this.#quorum
    let known = 0
    let disagreeing = 0
    for (const { clockOffset } of members) {
      if (clockOffset === undefined) continue
      known++
      if (Math.abs(clockOffset - ownOffset) > CLOCK_TOLERANCE) disagreeing++
    }
    if (disagreeing * 2 <= known) return 0
    const differences = members
      .flatMap(({ clockOffset }) => (clockOffset === undefined ? [] : [clockOffset - ownOffset]))
      .sort((a, b) => a - b)
    const median = differences[Math.floor(differences.length / 2)] ?? 0
    return Math.abs(median) > CLOCK_TOLERANCE ? median : 0
  }
}

/** The node has put the place into its queue. */
function isQueued(reply: NodeReply): reply is Refused {
  return reply.vote === 'refused' && (reply.reason === 'held' || reply.reason === 'queued')
}
