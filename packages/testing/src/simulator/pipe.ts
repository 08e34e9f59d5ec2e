import type { Timeline } from './timeline.js'

/** One direction of one connection: delays what it carries, never reorders it, and may stand still. */
export class Pipe<T> {
  readonly #timeline: Timeline
  readonly #delay: () => number
  readonly #deliver: (parcel: T) => void
  /** What has arrived at the place where the pipe is blocked. */
  readonly #held: T[] = []
  #lastDue = 0
  #stalled = false
  #cut = false

  constructor(timeline: Timeline, delay: () => number, deliver: (parcel: T) => void) {
    this.#timeline = timeline
    this.#delay = delay
    this.#deliver = deliver
  }

  send(parcel: T): void {
    this.#lastDue = Math.max(this.#lastDue, this.#timeline.now + this.#delay())
    this.#timeline.at(this.#lastDue, () => {
      if (this.#cut) return
      if (this.#stalled) this.#held.push(parcel)
      else this.#deliver(parcel)
    })
  }

  stall(): void {
    this.#stalled = true
  }

  /** What was held comes through, in order and before everything that follows. */
  heal(): void {
    if (!this.#stalled) return
    const due = this.#timeline.now + this.#delay()
    this.#lastDue = Math.max(this.#lastDue, due)
    this.#timeline.at(due, () => {
      this.#stalled = false
      for (const parcel of this.#held.splice(0)) if (!this.#cut) this.#deliver(parcel)
    })
  }

  /** Everything under way is lost. */
  cut(): void {
    this.#cut = true
    this.#held.length = 0
  }
}
