import type { Clock, Timer } from '@quorumlock/core'
import { SimulatedEvent, type Timeline } from './timeline.js'

/** The clocks of one process. Both run at their own rate; the wall clock may be set, and a suspend stops the other. */
export class ProcessClock implements Clock {
  readonly #timeline: Timeline
  readonly #enter: (task: () => void) => void
  readonly #rate: number
  readonly #timers = new Set<ProcessTimer>()
  /** How late the next timer fires, in true time. */
  readonly #lag: () => number
  #wallOffset: number
  /** How long the monotonic clock stood still, in true time. */
  #asleep = 0

  constructor(
    timeline: Timeline,
    rate: number,
    wallOffset: number,
    lag: () => number,
    enter: (task: () => void) => void,
  ) {
    this.#timeline = timeline
    this.#rate = rate
    this.#wallOffset = wallOffset
    this.#lag = lag
    this.#enter = enter
  }

  /** Timers that keep the process alive. */
  get holding(): number {
    let count = 0
    for (const timer of this.#timers) if (timer.isHolding) count++
    return count
  }

  get timers(): number {
    return this.#timers.size
  }

  monotonic(): number {
    return 1_000 + (this.#timeline.now - this.#asleep) * this.#rate
  }

  wall(): number {
    return this.#wallOffset + this.#timeline.now * this.#rate
  }

  timer(delay: number, task: () => void): Timer {
    const due = this.#timeline.now + delay / this.#rate + this.#lag()
    const timer = new ProcessTimer(this.#timers, this.#enter, task)
    timer.arm(this.#timeline, due)
    this.#timers.add(timer)
    return timer
  }

  /** How much true time passes while this clock shows `duration`. */
  inTrueTime(duration: number): number {
    return duration / this.#rate
  }

  stepWall(by: number): void {
    this.#wallOffset += by
  }

  /** The machine slept for `duration`, which the monotonic clock and all timers did not notice. */
  slept(duration: number): void {
    this.#asleep += duration
    for (const timer of this.#timers) timer.postpone(this.#timeline, duration)
  }
}

class ProcessTimer implements Timer {
  isHolding = true
  readonly #all: Set<ProcessTimer>
  readonly #enter: (task: () => void) => void
  /** Has no effect if the timer was cancelled after it had become due, while its process was paused. */
  readonly #fire: () => void
  #alarm: Alarm | undefined

  constructor(all: Set<ProcessTimer>, enter: (task: () => void) => void, task: () => void) {
    this.#all = all
    this.#enter = enter
    this.#fire = () => {
      if (all.delete(this)) task()
    }
  }

  arm(timeline: Timeline, due: number): void {
    this.#alarm = new Alarm(this)
    timeline.put(due, this.#alarm)
  }

  postpone(timeline: Timeline, by: number): void {
    if (this.#alarm === undefined) return
    this.#alarm.cancelled = true
    this.arm(timeline, this.#alarm.due + by)
  }

  ring(): void {
    this.#enter(this.#fire)
  }

  cancel(): void {
    this.#all.delete(this)
    if (this.#alarm !== undefined) this.#alarm.cancelled = true
  }

  hold(alive: boolean): void {
    this.isHolding = alive
  }
}

class Alarm extends SimulatedEvent {
  readonly #timer: ProcessTimer

  constructor(timer: ProcessTimer) {
    super()
    this.#timer = timer
  }

  override happen(): void {
    this.#timer.ring()
  }
}
