import type { Clock, Timer } from '../../src/clock.js'
import type { NodeVote } from '../../src/errors.js'

interface Event {
  readonly due: number
  readonly order: number
  readonly task: () => void
}

/** The parts of an error that tests check. */
export type Rejection = Error & {
  code?: string
  reason?: string
  votes?: readonly NodeVote[]
  cause?: unknown
}

/** A clock that only a test advances. It counts the timers that the engine requests through the port. */
export class ManualClock implements Clock {
  /** Calls of `timer`. */
  timersMade = 0
  /** Timers of the engine that have neither fired nor been cancelled. */
  timersActive = 0
  /** Those of them that would keep the process alive. */
  timersHolding = 0

  #now: number
  #wallOffset: number
  #count = 0
  #events: Event[] = []

  constructor(start = 1_000, epoch = 1_700_000_000_000) {
    this.#now = start
    this.#wallOffset = epoch - start
  }

  monotonic(): number {
    return this.#now
  }

  wall(): number {
    return this.#now + this.#wallOffset
  }

  /** Makes the wall clock jump, like an administrator or a resumed machine. */
  stepWall(by: number): void {
    this.#wallOffset += by
  }

  /** Pauses the process: time passes, and no timer fires until the clock is advanced. */
  stall(by: number): void {
    this.#now += by
  }

  timer(delay: number, task: () => void): Timer {
    if (!(delay >= 0)) throw new Error(`a timer of ${delay} ms`)
    this.timersMade++
    this.timersActive++
    let active = true
    let holding = true
    this.timersHolding++
    const end = (): void => {
      if (active) this.timersActive--
      if (active && holding) this.timersHolding--
      active = false
    }
    const cancel = this.after(delay, () => {
      end()
      task()
    })
    return {
      cancel: () => {
        end()
        cancel()
      },
      hold: (alive) => {
        if (active && alive !== holding) this.timersHolding += alive ? 1 : -1
        holding = alive
      },
    }
  }

  /**
   * Schedules an event of the world, such as a message or a fault, which is not counted. Returns a function to cancel
   * it.
   */
  after(delay: number, task: () => void): () => void {
    const event = { due: this.#now + delay, order: this.#count++, task }
    let at = this.#events.length
    while (at > 0 && comesAfter(this.#events[at - 1]!, event)) at--
    this.#events.splice(at, 0, event)
    return () => {
      const index = this.#events.indexOf(event)
      if (index >= 0) this.#events.splice(index, 1)
    }
  }

  /** Advances by `by` milliseconds, event by event, each followed by all of its immediate consequences. */
  async advance(by: number): Promise<void> {
    const until = this.#now + by
    await settle()
    for (let next = this.#events[0]; next !== undefined && next.due <= until; next = this.#events[0]) {
      await this.#fire(next)
    }
    this.#now = Math.max(this.#now, until)
    await settle()
  }

  /** Advances until the promise settles. Throws if it does not settle within `limit` milliseconds. */
  async run<T>(work: Promise<T>, limit = 3_600_000): Promise<T> {
    const until = this.#now + limit
    let settled = false
    const note = (): void => {
      settled = true
    }
    work.then(note, note)
    await settle()
    while (!settled) {
      const next = this.#events[0]
      if (next === undefined) throw new Error(`nothing is due at ${this.#now}, and still no result`)
      if (next.due > until) throw new Error(`no result after ${limit} ms`)
      await this.#fire(next)
    }
    return work
  }

  /** The same for work that is expected to fail. Resolves to the error. */
  async runToError(work: Promise<unknown>, limit?: number): Promise<Rejection> {
    return this.run(
      work.then(
        (value) => {
          throw new Error(`expected a rejection, got ${String(value)}`)
        },
        (error: unknown) => error as Rejection,
      ),
      limit,
    )
  }

  /** Resolves to the milliseconds that the work takes. */
  async time(work: Promise<unknown>, limit?: number): Promise<number> {
    const start = this.#now
    await this.run(work, limit)
    return this.#now - start
  }

  async #fire(event: Event): Promise<void> {
    this.#events.shift()
    this.#now = Math.max(this.#now, event.due)
    event.task()
    // Everything that is due at the same moment happens before the test continues.
    while (this.#events[0] !== undefined && this.#events[0].due <= this.#now) this.#events.shift()!.task()
    await settle()
  }
}

/** Runs everything that needs no time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function comesAfter(a: Event, b: Event): boolean {
  return a.due > b.due || (a.due === b.due && a.order > b.order)
}
