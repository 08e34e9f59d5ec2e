import type { Agenda, Appointment } from '../agenda.js'
import type { Clock } from '../clock.js'
import type { Failed, NodeReply, ReleaseCommand } from '../node/lock-node.js'

/** Releases kept for one node. Beyond it the oldest is given up: its keys expire by themselves. */
const MOST_DEBTS = 20_000
const RETRY_AFTER = 200
const LONGEST_RETRY = 5_000

type Submit = (release: ReleaseCommand, answer: (reply: NodeReply) => void) => Failed | undefined

/** Whether the node has answered the command that is taken back: if not, it may be carried out at any time to come. */
export type Grant = 'answered' | 'unanswered'

interface Debt {
  readonly release: ReleaseCommand
  readonly life: number
  /** Monotonic time from which the keys have surely expired. */
  until: number
  /** When it was last put on its way; `undefined` before. */
  sentAt: number | undefined
  /** Whether an answer to the last sending may still come. */
  underway: boolean
}

/**
 * Releases that one node has to acknowledge: sent at once where possible, otherwise as soon as the node is back,
 * and given up when time has done their work.
 */
export class Debts {
  readonly #agenda: Agenda
  readonly #clock: Clock
  readonly #submit: Submit
  readonly #open = new Map<string, Debt>()
  #retry: Appointment | undefined
  #pause = RETRY_AFTER

  constructor(agenda: Agenda, clock: Clock, submit: Submit) {
    this.#agenda = agenda
    this.#clock = clock
    this.#submit = submit
  }

  get size(): number {
    return this.#open.size
  }

  owe(release: ReleaseCommand, life: number, grant: Grant): void {
    const debt: Debt = {
      release,
      life,
      until: grant === 'answered' ? this.#clock.monotonic() + life : Infinity,
      sentAt: undefined,
      underway: false,
    }
    // In place of an earlier one for the same value, and at the end, for the order of what is sent.
    this.#open.delete(release.value)
    if (this.#open.size >= MOST_DEBTS) this.#open.delete(this.#open.keys().next().value as string)
    this.#open.set(release.value, debt)
    this.#pay(debt)
    this.#later()
  }

  /** The node may hear us again: everything that is still open is sent. */
  pay(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    const now = this.#clock.monotonic()
    for (const debt of this.#open.values()) {
      if (debt.until <= now) this.#open.delete(debt.release.value)
      else if (!debt.underway || now - (debt.sentAt as number) >= LONGEST_RETRY) this.#pay(debt)
    }
    if (this.#open.size > 0) this.#later()
  }

  forget(): void {
    this.#retry?.cancel()
    this.#open.clear()
  }

  #pay(debt: Debt): void {
    const { value } = debt.release
    // A place in a queue is kept by the waiter's own attempts; told again later it might revive one that has left.
    // And the marker may be another one by then.
    const release =
      debt.sentAt === undefined ? debt.release : { ...debt.release, requeue: undefined, marker: undefined }
    const obstacle = this.#submit(release, (reply) => {
      debt.underway = false
      if (this.#open.get(value) !== debt) return
      if (reply.vote === 'granted' || reply.vote === 'refused') {
        this.#open.delete(value)
        this.#pause = RETRY_AFTER
      } else if (reply.vote === 'failed' || reply.answered === true) {
        // It works off what it was sent in order: what was granted was granted by now. So an error that persists ends
        // the debt with the life of the keys.
        debt.until = Math.min(debt.until, this.#clock.monotonic() + debt.life)
      }
    })
    if (obstacle !== undefined) return
    debt.underway = true
    debt.sentAt = this.#clock.monotonic()
  }

  #later(): void {
    this.#retry ??= this.#agenda.at(this.#clock.monotonic() + this.#pause, 'background', () => {
      this.#retry = undefined
      this.#pause = Math.min(this.#pause * 2, LONGEST_RETRY)
      this.pay()
    })
  }
}
