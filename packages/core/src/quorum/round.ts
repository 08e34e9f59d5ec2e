import type { Agenda, Appointment } from '../agenda.js'
import type { NodeCommand } from '../node/commands.js'
import type { Failed, NodeReply } from '../node/replies.js'
import { unsent } from './admission.js'
import type { Answer, Member } from './member.js'
import type { Tally } from './tally.js'

export interface RoundPlan {
  readonly members: readonly Member[]
  /** Where the votes are counted, for a caller that reads them before the end. */
  readonly tally: Tally
  readonly agenda: Agenda
  /** Monotonic time at which the round was opened. */
  readonly start: number
  /** Milliseconds after which the vote of a member that has not responded is `unknown`. */
  readonly deadline: number
  /** Milliseconds after which a member that has not responded is suspect; `deadline` unless that was cut short. */
  readonly suspectDeadline?: number | undefined
  readonly purpose: 'awaited' | 'background'
  readonly commandFor: (member: Member) => NodeCommand
  /** Enough members to win with. The others are asked only if one of these does not grant, or is slow. */
  readonly first?: readonly Member[] | undefined
  /** One of the first has not answered for `elapsed` milliseconds. */
  readonly slow?: ((member: Member, elapsed: number) => void) | undefined
  /** When the outcome is certain; the first moment possible unless the caller needs more. */
  readonly isDecided?: ((tally: Tally) => boolean) | undefined
  /** Each reply after the decision, including one that replaces the `unknown` put down for its absence. */
  readonly late?: ((member: Member, reply: NodeReply, tally: Tally) => void) | undefined
}

/** A timer that fires later than this has waited behind other work, so answers may lie unread in the sockets. */
const STALLED = 5

/**
 * The one fan-out: sends a command to every member, counts the replies, and is done at the first moment at which the
 * outcome is certain. It never waits for the slowest node, and never longer than `deadline`.
 */
export function openRound(plan: RoundPlan, done: (tally: Tally) => void): Round {
  const round = new Round(plan, done)
  round.open()
  return round
}

/** The vote of a member that was not asked, because those that were had granted already. */
export const SPARED: Failed = unsent('not asked, because a quorum had granted it')

/**
 * Those asked first are slow if they take this many times as long as usual, and at least this many milliseconds. But the
 * others must be asked so early that the whole round takes hardly longer than if all had been asked at once.
 */
const PATIENCE = 3
const SHORTEST_PATIENCE = 3
const MOST_OF_DEADLINE = 1 / 4

export class Round {
  readonly #plan: RoundPlan
  readonly #tally: Tally
  #resolve: ((tally: Tally) => void) | undefined
  #expiry: Appointment | undefined
  #isPutOff = false
  /** Members that have not been asked yet. */
  #unasked: readonly Member[] = []
  /** When the last members were asked: each has its full time. */
  #askedAt: number

  constructor(plan: RoundPlan, resolve: (tally: Tally) => void) {
    this.#plan = plan
    this.#tally = plan.tally
    this.#resolve = resolve
    this.#askedAt = plan.start
  }

  open(): void {
    const { members, first = members, start, purpose } = this.#plan
    if (first !== members) this.#unasked = members.filter((member) => !first.includes(member))
    this.#ask(first)
    if (this.#resolve === undefined) return
    if (this.#unasked.length > 0) this.#hedge(first)
    else if (this.#tally.outstanding > 0) this.#expireAfterDeadline(purpose)
    // Certain before any node could answer. A caller that tries again at once would keep the process from ever learning
    // that the nodes are back, so the event loop gets its turn first.
    if (!this.#isSure) return
    this.#plan.agenda.at(start, purpose, () => {
      this.#settleIfSure()
    })
  }

  /** The outcome no longer matters: members that have not been asked will not be. */
  abandon(): void {
    this.#spareUnasked()
  }

  #ask(members: readonly Member[]): void {
    const { commandFor, start } = this.#plan
    const onReply: Answer = (reply, now, member) => {
      this.#noteReply(member, reply, now)
    }
    let isGranting = true
    for (const member of members) {
      if (this.#tally.replies[member.index] !== undefined) continue
      const obstacle = member.submit(commandFor(member), onReply, start)
      if (obstacle === undefined) continue
      this.#tally.put(member.index, obstacle, 0)
      isGranting = false
    }
    if (!isGranting) this.#askOthers()
  }

  #askOthers(): void {
    const others = this.#unasked
    if (others.length === 0) return
    this.#unasked = []
    this.#askedAt = this.#plan.agenda.now()
    this.#expireAfterDeadline(this.#plan.purpose)
    this.#ask(others)
  }

  #spareUnasked(): void {
    for (const { index } of this.#unasked) this.#tally.put(index, SPARED, 0)
    this.#unasked = []
  }

  /** Whoever is slow is not waited for alone, and not asked first again soon. */
  #hedge(first: readonly Member[]): void {
    const { start, deadline, purpose, agenda, slow } = this.#plan
    const usual = Math.max(...first.map(({ pace }) => pace))
    const patience = Math.min(MOST_OF_DEADLINE * deadline, Math.max(SHORTEST_PATIENCE, PATIENCE * usual))
    this.#expiry = agenda.at(start + patience, purpose, () => {
      const now = agenda.now()
      for (const member of first) {
        if (this.#tally.replies[member.index] === undefined) slow?.(member, now - start)
      }
      this.#askOthers()
    })
  }

  get #isSure(): boolean {
    const { isDecided } = this.#plan
    const tally = this.#tally
    return tally.outstanding === 0 || (isDecided === undefined ? tally.isDecided : isDecided(tally))
  }

  #noteReply(member: Member, reply: NodeReply, now: number): void {
    this.#tally.put(member.index, reply, now - this.#plan.start)
    if (this.#tally.outstanding === 0) this.#expiry?.cancel()
    if (this.#resolve === undefined) {
      this.#plan.late?.(member, reply, this.#tally)
      return
    }
    this.#settleIfSure()
    if (reply.vote !== 'granted') this.#askOthers()
  }

  #settleIfSure(): void {
    const tally = this.#tally
    if (this.#resolve === undefined || !this.#isSure) return
    this.#spareUnasked()
    tally.outcome = tally.isWon ? 'won' : 'lost'
    const resolve = this.#resolve
    this.#resolve = undefined
    if (tally.outstanding === 0) this.#expiry?.cancel()
    // The caller does not wait for the remaining nodes, but that they do not respond must be noticed.
    else if (this.#plan.purpose === 'awaited') this.#expireAfterDeadline('background')
    resolve(tally)
  }

  #expireAfterDeadline(purpose: 'awaited' | 'background'): void {
    this.#expiry?.cancel()
    this.#expireAt(this.#askedAt + this.#plan.deadline, purpose)
  }

  #expireAt(due: number, purpose: 'awaited' | 'background'): void {
    this.#expiry = this.#plan.agenda.at(due, purpose, () => {
      const now = this.#plan.agenda.now()
      // The process stood still, so what has arrived is read first, in one turn of the event loop. Only one, because a
      // loop that always lags would never come to the end.
      if (now - due > STALLED && !this.#isPutOff) {
        this.#isPutOff = true
        this.#expireAt(now + 1, purpose)
      } else this.#expire(now)
    })
  }

  #expire(now: number): void {
    const { members, deadline, start, late, suspectDeadline = deadline } = this.#plan
    const suspectAt = this.#askedAt + suspectDeadline
    const unanswered = members.filter((member) => this.#tally.replies[member.index] === undefined)
    for (const member of unanswered) {
      const reply: NodeReply = { vote: 'unknown', reason: `no answer within ${Math.round(deadline)} ms` }
      this.#tally.put(member.index, reply, now - start)
      if (now >= suspectAt) member.overdue(start)
      if (this.#resolve === undefined) late?.(member, reply, this.#tally)
    }
    if (this.#resolve !== undefined) this.#settleIfSure()
    if (now >= suspectAt || unanswered.length === 0) return
    this.#plan.agenda.at(suspectAt, 'background', () => {
      for (const member of unanswered) member.overdue(start)
    })
  }
}
