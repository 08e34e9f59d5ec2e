import { LONGEST_DELAY, type Clock, type Timer } from './clock.js'

/** An entry of the agenda; `cancel` is idempotent and cheap. */
export interface Appointment {
  cancel(): void
}

/**
 * Everything that is due later, under one timer: deadlines of rounds, renewals, losses, waiters.
 * A binary heap by due time.
 */
export class Agenda {
  readonly #clock: Clock
  readonly #heap: Entry[] = []
  #timer: Timer | undefined
  #timerDue = Infinity
  /** Number of entries for which the process must stay alive. */
  #holding = 0
  readonly #leave = (entry: Entry): void => {
    this.#remove(entry)
  }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#heap.length
  }

  /** Monotonic time. */
  now(): number {
    return this.#clock.monotonic()
  }

  /**
   * Calls `task` at the monotonic time `due`. `awaited`: a caller waits for it, so the process stays alive until then;
   * `background`: it does not.
   */
  at(due: number, purpose: 'awaited' | 'background', task: () => void): Appointment
  /** As before, for what is done often: `task` is called with `subject`, so it need not be a function of its own. */
  at<Subject>(
    due: number,
    purpose: 'awaited' | 'background',
    task: (subject: Subject) => void,
    subject: Subject,
  ): Appointment
  at(
    due: number,
    purpose: 'awaited' | 'background',
    task: (subject: unknown) => void,
    subject?: unknown,
  ): Appointment {
    const entry = new Entry(due, purpose === 'awaited', task, subject, this.#leave)
    this.#insert(entry)
    if (entry.holds && ++this.#holding === 1) this.#timer?.hold(true)
    if (due < this.#timerDue) this.#arm(due)
    return entry
  }

  #arm(due: number): void {
    this.#timer?.cancel()
    this.#timerDue = due
    // Rounded up: a timer that fires early would find nothing due and be armed again.
    const delay = Math.max(0, Math.ceil(due - this.#clock.monotonic()))
    this.#timer = this.#clock.timer(Math.min(delay, LONGEST_DELAY), () => {
      this.#run()
    })
    this.#timer.hold(this.#holding > 0)
  }

  #run(): void {
    this.#timer = undefined
    this.#timerDue = Infinity
    const now = this.#clock.monotonic()
    try {
      for (let next = this.#heap[0]; next !== undefined && next.due <= now; next = this.#heap[0]) {
        this.#remove(next)
        next.task(next.subject)
      }
    } finally {
      // Also when a task threw (a logger, for example), so that the others still run.
      const next = this.#heap[0]
      if (next !== undefined && next.due < this.#timerDue) this.#arm(next.due)
    }
  }

  #insert(entry: Entry): void {
    entry.index = this.#heap.length
    this.#heap.push(entry)
    this.#rise(entry)
  }

  #remove(entry: Entry): void {
    const { index } = entry
    if (index < 0) return
    entry.index = -1
    const last = this.#heap.pop() as Entry
    if (last !== entry) {
      this.#heap[index] = last
      last.index = index
      this.#rise(last)
      this.#sink(last)
    }
    if (entry.holds && --this.#holding === 0) this.#timer?.hold(false)
  }

  #rise(entry: Entry): void {
    const heap = this.#heap
    let { index } = entry
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above] as Entry
      if (parent.due <= entry.due) break
      heap[index] = parent
      parent.index = index
      index = above
    }
    heap[index] = entry
    entry.index = index
  }

  #sink(entry: Entry): void {
    const heap = this.#heap
    let { index } = entry
    for (;;) {
      let below = 2 * index + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && (heap[below + 1] as Entry).due < (heap[below] as Entry).due) below++
      const child = heap[below] as Entry
      if (child.due >= entry.due) break
      heap[index] = child
      child.index = index
      index = below
    }
    heap[index] = entry
    entry.index = index
  }
}

class Entry implements Appointment {
  /** Position in the heap; negative when it is not in the heap. */
  index = -1

  constructor(
    readonly due: number,
    readonly holds: boolean,
    readonly task: (subject: unknown) => void,
    readonly subject: unknown,
    readonly leave: (entry: Entry) => void,
  ) {}

  cancel(): void {
    this.leave(this)
  }
}
