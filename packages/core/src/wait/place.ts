import type { Engine } from '../engine.js'
import type { Claim, Lease } from '../hold/lease.js'
import { withLabel } from '../label.js'
import type { Handed, NodeReply, ReleaseCommand, Waiter } from '../node/lock-node.js'
import type { Grant } from '../quorum/debts.js'
import type { Member } from '../quorum/member.js'
import type { Tally } from '../quorum/tally.js'
import type { Instant } from '../quorum/validity.js'
import { HandOver } from './hand-over.js'

/** A place in a queue lapses when it was not renewed for so long: what a crashed first waiter costs the next one. */
export const PLACE_LIFE = 3_000
/** Beyond it our own clock is not trusted for an order among waiters. */
const CLOCK_TOLERANCE = 500

/** The place of one waiter, the same in the queues of all nodes; and in which of them it may stand. */
export class Place {
  readonly id: string
  readonly #engine: Engine
  readonly #keys: readonly string[]
  /** Made when a node first refuses: nearly always none does. */
  #standing: Map<Member, Grant> | undefined
  #began: { at: number; monotonic: number }
  /** Nobody waits any more: it was given up, or its turn has come. */
  #over: 'left' | 'served' | undefined
  #attempted: Instant | undefined
  #handOver: HandOver | undefined

  constructor(engine: Engine, { keys, options }: Claim) {
    this.#engine = engine
    this.#keys = keys
    const id = engine.wakeups.nextId()
    // A token has to be proposed anew each time, and several keys are had together or not at all.
    const mayBeHanded = engine.guard !== undefined && !options.fencing && keys.length === 1
    this.id = withLabel(mayBeHanded ? `${id}@${options.ttl}` : id, options.label)
    this.#began = this.#now()
  }

  /** The order among waiters is that of their first attempt. */
  get waiter(): Waiter {
    const { at, monotonic } = this.#began
    const age = Math.max(0, Math.round(this.#engine.options.clock.monotonic() - monotonic))
    return { id: this.id, at, age, life: PLACE_LIFE }
  }

  /** Before an attempt that carries this place: what was handed to it until now is taken up by it. */
  attempting(start: Instant): void {
    this.#attempted = start
    this.#handOver = undefined
  }

  /** What a node said to an acquire that carried this place. */
  heard(member: Member, reply: NodeReply, attempted: Instant): void {
    if (reply.vote === 'granted') this.#standing?.delete(member)
    else if (reply.vote === 'unknown') this.#stand(member, 'unanswered')
    else if (reply.vote === 'refused' && (reply.reason === 'held' || reply.reason === 'queued')) {
      this.#stand(member, 'answered')
      if (attempted === this.#attempted && reply.clock !== undefined) {
        this.#expected().stands(member, reply.clock + PLACE_LIFE)
      }
    }
    if (this.#over === 'left') this.#leaveQueueOf(member)
  }

  handed(member: Member, handed: Handed): void {
    if (this.#attempted !== undefined) this.#expected().handed(member, handed)
  }

  /** The lock, if a quorum has handed it over since the last attempt and it is worth having. */
  takeOver(claim: Claim): Lease | undefined {
    const lease = this.#handOver?.lease(this.#engine, claim, this.id)
    if (lease !== undefined) this.#over = 'served'
    return lease
  }

  #expected(): HandOver {
    return (this.#handOver ??= new HandOver(this.#attempted as Instant))
  }

  /** A release of what was granted in vain that keeps the place, unless nobody waits for it any more. */
  giveBack(member: Member, value: string): ReleaseCommand {
    const { marker } = member
    if (this.#over !== 'served') this.#stand(member, 'unanswered')
    if (this.#over === 'left') this.#leaveQueueOf(member)
    const requeue = this.#over === undefined ? this.waiter : undefined
    return { kind: 'release', keys: this.#keys, value, requeue, marker }
  }

  /** To the end of the queues. */
  stepBack(): void {
    this.#began = this.#now()
  }

  /**
   * Nobody waits any more: a place must not hold up those behind it. Idempotent. Nodes that have still to vote in `round`
   * take the place out themselves when they grant; what else they say is heard.
   */
  leave(round?: Tally): void {
    if (this.#over !== undefined) return
    this.#over = 'left'
    if (this.#standing === undefined) return
    for (const member of [...this.#standing.keys()]) {
      if (round === undefined || round.replies[member.index] !== undefined) this.#leaveQueueOf(member)
    }
  }

  #stand(member: Member, grant: Grant): void {
    this.#standing ??= new Map()
    this.#standing.set(member, grant)
  }

  #leaveQueueOf(member: Member): void {
    const answered = this.#standing?.get(member)
    if (answered === undefined) return
    this.#standing?.delete(member)
    // With whatever was handed to it.
    const leave: ReleaseCommand = {
      kind: 'release',
      keys: this.#keys,
      value: this.id,
      marker: member.marker,
    }
    member.deliver(leave, PLACE_LIFE, answered)
  }

  #now(): { at: number; monotonic: number } {
    const { clock } = this.#engine.options
    const monotonic = clock.monotonic()
    const wall = clock.wall()
    return { at: Math.round(wall + this.#clockCorrection(wall - monotonic)), monotonic }
  }

  /** When our wall clock disagrees with that of most nodes it would be replaced there, differently on each. */
  #clockCorrection(ownOffset: number): number {
    const { members } = this.#engine
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
