import type { Agenda, Appointment } from '../agenda.js'
import { BackOff } from '../back-off.js'
import type { Clock } from '../clock.js'
import type { ReleaseCommand } from '../node/commands.js'
import type { Failed, NodeReply } from '../node/replies.js'

/** Releases kept for one node. Beyond it the oldest is given up: its keys expire on their own. */
const MOST_RELEASES = 20_000
const RETRY_AFTER = 200
const LONGEST_RETRY = 5_000

type Submit = (release: ReleaseCommand, answer: (reply: NodeReply) => void) => Failed | undefined

/** Whether the node has answered the command that is taken back. If not, the command may still be carried out at any time. */
export type AnswerState = 'answered' | 'unanswered'

interface PendingRelease {
  readonly release: ReleaseCommand
  readonly life: number
  /** Monotonic time from which the keys have surely expired. */
  until: number
  /** When it was last sent; `undefined` before. */
  sentAt: number | undefined
  /** Whether an answer to the last sending may still come. */
  inFlight: boolean
}

/**
 * Releases that one node must acknowledge: sent at once where possible, otherwise as soon as the node is back, and
 * given up when the keys have expired.
 */
export class PendingReleases {
  readonly #agenda: Agenda
  readonly #clock: Clock
  readonly #submit: Submit
  readonly #pending = new Map<string, PendingRelease>()
  readonly #backOff = new BackOff(RETRY_AFTER, LONGEST_RETRY)
  #retry: Appointment | undefined

  constructor(agenda: Agenda, clock: Clock, submit: Submit) {
    this.#agenda = agenda
    this.#clock = clock
    this.#submit = submit
  }

  get size(): number {
    return this.#pending.size
  }

  /** `life`: milliseconds after which the keys are gone, counted from the node's last chance to take them. */
  add(release: ReleaseCommand, life: number, state: AnswerState): void {
    const pending: PendingRelease = {
      release,
      life,
      until: state === 'answered' ? this.#clock.monotonic() + life : Infinity,
      sentAt: undefined,
      inFlight: false,
    }
    // Replaces an earlier one for the same value, and goes to the end so that the order of sending is kept.
    this.#pending.delete(release.value)
    if (this.#pending.size >= MOST_RELEASES) this.#pending.delete(this.#pending.keys().next().value as string)
    this.#pending.set(release.value, pending)
    this.#send(pending)
    this.#retryLater()
  }

  /** The node may be reachable again: sends everything that is still pending. */
  flush(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    const now = this.#clock.monotonic()
    for (const pending of this.#pending.values()) {
      if (pending.until <= now) this.#pending.delete(pending.release.value)
      else if (!pending.inFlight || now - (pending.sentAt as number) >= LONGEST_RETRY) this.#send(pending)
    }
    if (this.#pending.size > 0) this.#retryLater()
  }

  forget(): void {
    this.#retry?.cancel()
    this.#pending.clear()
  }

  #send(pending: PendingRelease): void {
    const { value } = pending.release
    // The waiter's own attempts keep its place in the queue; a place sent again later could revive one that has left.
    // The marker may have changed by then as well.
    const release =
      pending.sentAt === undefined
        ? pending.release
        : { ...pending.release, requeue: undefined, marker: undefined }
    const obstacle = this.#submit(release, (reply) => {
      pending.inFlight = false
      if (this.#pending.get(value) !== pending) return
      if (reply.vote === 'granted' || reply.vote === 'refused') {
        this.#pending.delete(value)
        this.#backOff.reset()
      } else if (reply.vote === 'failed' || reply.answered === true) {
        // The node executes commands in order, so whatever it granted it has granted by now. An error that persists
        // therefore ends the debt when the keys expire.
        pending.until = Math.min(pending.until, this.#clock.monotonic() + pending.life)
      }
    })
    if (obstacle !== undefined) return
    pending.inFlight = true
    pending.sentAt = this.#clock.monotonic()
  }

  #retryLater(): void {
    this.#retry ??= this.#agenda.at(this.#clock.monotonic() + this.#backOff.pause, 'background', () => {
      this.#retry = undefined
      this.#backOff.lengthen()
      this.flush()
    })
  }
}
