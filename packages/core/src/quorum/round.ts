import type { Agenda, Appointment } from '../agenda.js'
import type { NodeCommand } from '../node/commands.js'
import type { NodeReply } from '../node/replies.js'
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
export function openRound(plan: RoundPlan, done: (tally: Tally) => void): void {
  new Round(plan, done).open()
}

class Round {
  readonly #plan: RoundPlan
  readonly #tally: Tally
  #resolve: ((tally: Tally) => void) | undefined
  #expiry: Appointment | undefined
  #isPutOff = false

  constructor(plan: RoundPlan, resolve: (tally: Tally) => void) {
    this.#plan = plan
    this.#tally = plan.tally
    this.#resolve = resolve
  }

  open(): void {
    const { members, commandFor, start, deadline, purpose } = this.#plan
    const onReply: Answer = (reply, now, member) => {
      this.#noteReply(member, reply, now)
    }
    for (const member of members) {
      const obstacle = member.submit(commandFor(member), onReply, start)
      if (obstacle !== undefined) this.#tally.put(member.index, obstacle, 0)
    }
    if (this.#resolve === undefined) return
    if (this.#tally.outstanding > 0) this.#expireAt(start + deadline, purpose)
    // Certain before any node could answer. A caller that tries again at once would keep the process from ever learning
    // that the nodes are back, so the event loop gets its turn first.
    if (!this.#isSure) return
    this.#plan.agenda.at(start, purpose, () => {
      this.#settleIfSure()
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
    if (this.#resolve === undefined) this.#plan.late?.(member, reply, this.#tally)
    else this.#settleIfSure()
  }

  #settleIfSure(): void {
    const tally = this.#tally
    if (this.#resolve === undefined || !this.#isSure) return
    tally.outcome = tally.isWon ? 'won' : 'lost'
    const resolve = this.#resolve
    this.#resolve = undefined
    // The caller does not wait for the remaining nodes, but that they do not respond must be noticed.
    if (tally.outstanding > 0 && this.#plan.purpose === 'awaited') {
      this.#expiry?.cancel()
      this.#expireAt(this.#plan.start + this.#plan.deadline, 'background')
    }
    resolve(tally)
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
    const suspectAt = start + suspectDeadline
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
