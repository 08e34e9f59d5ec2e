import type { Lease, LockRequest } from '../lease.js'
import type { ReleaseCommand, Waiter } from '../node/commands.js'
import type { Handed } from '../node/lock-node.js'
import { mayHold, type NodeReply, type Refused } from '../node/replies.js'
import { formatWaiterId } from '../node/waiter-id.js'
import type { Member } from '../quorum/member.js'
import type { AnswerState } from '../quorum/pending-releases.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Instant } from '../quorum/validity.js'
import { HandOver } from './hand-over.js'
import { queueTime, type QueueTime } from './queue-time.js'
import type { Wakeups } from './wakeups.js'

/** How long a place lasts without renewal, milliseconds: what a crashed first waiter costs the next one at most. */
export const PLACE_LIFE = 3_000
/** How often a waiter asks again when nothing happens, milliseconds: two renewals may be lost before its place is. */
export const HEARTBEAT = 1_000

/**
 * The place of one waiter, the same in the queues of all nodes. Its name doubles as the lock value of every attempt,
 * and of a lock handed over. After a release of that value has been sent, the place continues under a new name, because
 * a late release must never delete what counts.
 */
export class Place {
  name: string
  readonly number: number
  readonly #quorum: Quorum
  readonly #wakeups: Wakeups
  readonly #keys: readonly string[]
  readonly #ttl: number
  /** For how long a node may give the lock to this waiter while it listens, milliseconds. */
  readonly #offer: number
  readonly #label: string | undefined
  /** Whether its present name carries the offer. */
  #isListening = false
  #names = 0
  /** Nodes in whose queue it may stand. Created lazily; in the common case no node refuses. */
  #standing: Map<Member, AnswerState> | undefined
  #began: QueueTime
  /** When the attempt began that carried its present name, if there was one. */
  #attempted: Instant | undefined
  #handOver: HandOver | undefined
  #isOver = false

  /** Only guarded nodes may hand a lock over. */
  constructor(quorum: Quorum, wakeups: Wakeups, { keys, options }: LockRequest, isGuarded: boolean) {
    this.#quorum = quorum
    this.#wakeups = wakeups
    this.#keys = keys
    this.number = wakeups.nextNumber()
    // A token must be proposed again each time, and several keys are acquired all or none.
    const mayBeHanded = isGuarded && !options.fencing && keys.length === 1
    this.#offer = mayBeHanded ? options.ttl : 0
    this.#ttl = options.ttl
    this.#label = options.label
    this.name = this.#nextName()
    this.#began = queueTime(quorum)
  }

  /** Waiters are ordered by the time of their first attempt. */
  get waiter(): Waiter {
    const { at, monotonic } = this.#began
    const age = Math.max(0, Math.round(this.#quorum.clock.monotonic() - monotonic))
    return { id: this.name, at, age, life: PLACE_LIFE }
  }

  /** Before an attempt that carries this place, and makes use of everything handed to it until now. */
  attempting(start: Instant): void {
    this.#attempted = start
    this.#handOver = undefined
  }

  /** Records the reply of a node to the attempt that began at `attempted`. */
  record(member: Member, reply: NodeReply, attempted: Instant): void {
    if (attempted !== this.#attempted) return
    if (reply.vote === 'granted') this.#standing?.delete(member)
    else if (reply.vote === 'unknown') this.#stand(member, 'unanswered')
    else if (isQueued(reply) && !member.lacks('queue')) {
      this.#stand(member, 'answered')
      if (reply.clock !== undefined) this.#sinceAttempt()?.queued(member, reply.clock)
    }
  }

  handed(member: Member, name: string, handed: Handed): void {
    if (name === this.name) this.#sinceAttempt()?.handed(member, handed)
  }

  /** The lock, if a quorum has handed it over since the last attempt and it is worth having. */
  takeOver(request: LockRequest): Lease | undefined {
    const lease = this.#handOver?.lease(this.#quorum, request, this.name)
    if (lease !== undefined) this.served(lease)
    return lease
  }

  /** The wait is over. Releasing the lock will also remove the place from the queues that still contain it. */
  served(lease: Lease): void {
    this.#isOver = true
    for (const member of this.#standing?.keys() ?? []) {
      if (lease.tallyAtGrant.replies[member.index]?.vote === 'granted') continue
      lease.mayRemainOn(member)
    }
  }

  /** The client has begun to listen, but the nodes cannot tell from its present name. */
  get lacksOffer(): boolean {
    return !this.#isListening && this.#wakeups.hearsQuorum
  }

  /**
   * Before another attempt; `last` is the one before. A node that finds no subscriber behind an offer takes the waiter
   * for dead and passes it over, so the name carries the offer only while the subscriptions are active.
   */
  updateOffer(last: Tally): void {
    if (this.#isListening !== this.#wakeups.hearsQuorum) this.rollBack(last)
  }

  /** After an attempt that was lost though nodes granted it, or may have: everything is released, the place is kept. */
  rollBack(tally: Tally): void {
    if (this.#isOver) return
    const released = this.name
    this.name = this.#nextName()
    this.#attempted = undefined
    this.#handOver = undefined
    const { waiter } = this
    for (const member of this.#quorum.members) {
      const reply = tally.replies[member.index]
      const state = this.#answerStateAt(member, reply)
      if (state === undefined) continue
      const stays = reply === undefined || mayHold(reply) || isQueued(reply)
      this.#release(member, released, state, stays ? waiter : undefined)
      if (stays) this.#stand(member, 'unanswered')
      else this.#standing?.delete(member)
    }
  }

  /** Moves to the end of the queues. */
  stepBack(): void {
    this.#began = queueTime(this.#quorum)
  }

  /** The wait has ended without the lock: the place must not hold up those behind it. Idempotent. */
  leave(last: Tally | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    const attempt = this.#attempted === undefined ? undefined : last
    for (const member of this.#quorum.members) {
      const state =
        attempt === undefined
          ? this.#standing?.get(member)
          : this.#answerStateAt(member, attempt.replies[member.index])
      if (state !== undefined) this.#release(member, this.name, state)
    }
  }

  #nextName(): string {
    const { channel, hearsQuorum } = this.#wakeups
    this.#isListening = hearsQuorum
    const offer = hearsQuorum ? this.#offer : undefined
    return formatWaiterId({ channel, number: this.number, name: ++this.#names, offer, label: this.#label })
  }

  #sinceAttempt(): HandOver | undefined {
    if (this.#attempted === undefined) return undefined
    return (this.#handOver ??= new HandOver(this.#attempted, PLACE_LIFE))
  }

  #stand(member: Member, state: AnswerState): void {
    this.#standing ??= new Map()
    this.#standing.set(member, state)
  }

  /** What the node that replied so to the last attempt may store under the present name; `undefined`: nothing. */
  #answerStateAt(member: Member, reply: NodeReply | undefined): AnswerState | undefined {
    if (reply === undefined || reply.vote === 'unknown') return 'unanswered'
    return reply.vote === 'granted' ? 'answered' : this.#standing?.get(member)
  }

  #release(member: Member, value: string, state: AnswerState, requeue?: Waiter): void {
    const { marker } = member
    const release: ReleaseCommand = { kind: 'release', keys: this.#keys, value, requeue, marker }
    member.deliver(release, Math.max(this.#ttl, PLACE_LIFE), state)
  }
}

/** The node has put the place into its queue. */
function isQueued(reply: NodeReply): reply is Refused {
  return reply.vote === 'refused' && (reply.reason === 'held' || reply.reason === 'queued')
}
