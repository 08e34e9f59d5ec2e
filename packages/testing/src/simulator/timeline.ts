/** Something that will happen. Lower `due` first; among equals, first come, first served. */
export class SimulatedEvent {
  cancelled = false

  constructor(
    readonly due: number,
    readonly order: number,
    readonly task: () => void,
  ) {}
}

/** True time of the simulated world in milliseconds, and everything that is to happen in it. A binary heap. */
export class Timeline {
  now = 0
  #made = 0
  readonly #heap: SimulatedEvent[] = []

  get isEmpty(): boolean {
    return this.#heap.length === 0
  }

  after(delay: number, task: () => void): SimulatedEvent {
    return this.at(this.now + delay, task)
  }

  at(due: number, task: () => void): SimulatedEvent {
    const event = new SimulatedEvent(Math.max(due, this.now), this.#made++, task)
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above] as SimulatedEvent
      if (!isBefore(event, parent)) break
      heap[index] = parent
      index = above
    }
    heap[index] = event
    return event
  }

  /** Takes the next event off, unless it is due after `until`. */
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
      if (below + 1 < length && isBefore(heap[below + 1] as SimulatedEvent, heap[below] as SimulatedEvent))
        below++
      const child = heap[below] as SimulatedEvent
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
