/** A future event. Lower `due` comes first; equal ones come in the order of insertion. */
export abstract class SimulatedEvent {
  cancelled = false
  /** Both are set when the event is put on a timeline. After it has happened, it may be put there again. */
  due = 0
  order = 0

  abstract happen(): void
}

class Task extends SimulatedEvent {
  readonly #task: () => void

  constructor(task: () => void) {
    super()
    this.#task = task
  }

  override happen(): void {
    this.#task()
  }
}

/** True time of the simulated world in milliseconds, and all future events. A binary heap. */
export class Timeline {
  now = 0
  #made = 0
  readonly #heap: SimulatedEvent[] = []

  get isEmpty(): boolean {
    return this.#heap.length === 0
  }

  after(delay: number, task: () => void): void {
    this.at(this.now + delay, task)
  }

  at(due: number, task: () => void): void {
    this.put(due, new Task(task))
  }

  put(due: number, event: SimulatedEvent): void {
    event.due = due > this.now ? due : this.now
    event.order = this.#made++
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above] as SimulatedEvent
      // Among equals, the one inserted earlier comes first.
      if (parent.due <= event.due) break
      heap[index] = parent
      index = above
    }
    heap[index] = event
  }

  /** Removes and returns the next event, unless it is due after `until`. */
  next(until: number): SimulatedEvent | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.due > until) return undefined
      this.#dropFirst()
      if (first.cancelled) continue
      this.now = first.due
      return first
    }
  }

  #dropFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as SimulatedEvent
    const { length } = heap
    if (length === 0) return
    let index = 0
    for (;;) {
      let below = 2 * index + 1
      if (below >= length) break
      let child = heap[below] as SimulatedEvent
      if (below + 1 < length) {
        const other = heap[below + 1] as SimulatedEvent
        if (isBefore(other, child)) {
          child = other
          below++
        }
      }
      if (!isBefore(child, last)) break
      heap[index] = child
      index = below
    }
    heap[index] = last
  }
}

function isBefore(a: SimulatedEvent, b: SimulatedEvent): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}
