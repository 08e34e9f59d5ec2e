import { SimulatedEvent, type Timeline } from './timeline.js'

/** What a pipe carries; its arrival at the other end is the event. May be sent again after its delivery. */
export abstract class Parcel extends SimulatedEvent {
  pipe: Pipe | undefined

  abstract deliver(): void

  override happen(): void {
    this.pipe?.arrived(this)
  }
}

/** A parcel that runs a callback on delivery. */
export class Letter extends Parcel {
  readonly #opened: () => void

  constructor(opened: () => void) {
    super()
    this.#opened = opened
  }

  override deliver(): void {
    this.#opened()
  }
}

/** One direction of one connection: delays what it carries, never reorders it, and may stall. */
export class Pipe {
  readonly #timeline: Timeline
  readonly #delay: () => number
  /** Parcels that arrived while the pipe was stalled. */
  readonly #held: Parcel[] = []
  #lastDue = 0
  #stalled = false
  #cut = false

  constructor(timeline: Timeline, delay: () => number) {
    this.#timeline = timeline
    this.#delay = delay
  }

  send(parcel: Parcel): void {
    parcel.pipe = this
    const due = this.#timeline.now + this.#delay()
    if (due > this.#lastDue) this.#lastDue = due
    this.#timeline.put(this.#lastDue, parcel)
  }

  arrived(parcel: Parcel): void {
    if (this.#cut) return
    if (this.#stalled) this.#held.push(parcel)
    else parcel.deliver()
  }

  stall(): void {
    this.#stalled = true
  }

  /** Delivers the held parcels, in order and before all later ones. */
  heal(): void {
    if (!this.#stalled) return
    const due = this.#timeline.now + this.#delay()
    if (due > this.#lastDue) this.#lastDue = due
    this.#timeline.at(due, () => {
      this.#stalled = false
      for (const parcel of this.#held.splice(0)) if (!this.#cut) parcel.deliver()
    })
  }

  /** Everything in flight is lost. */
  cut(): void {
    this.#cut = true
    this.#held.length = 0
  }
}
