/** Something that is wrong with one direction of a connection. */
export interface Condition {
  /** Bytes are held, and delivered when it is over: what a partition does to TCP. */
  readonly stalled?: boolean
  /** Bytes are thrown away. A connection that lost some is reset when it is over: its streams do not match any more. */
  readonly discarding?: boolean
  /** Milliseconds. */
  readonly latency?: number
  /** Up to so many milliseconds on top, evenly spread. */
  readonly jitter?: number
  readonly bytesPerSecond?: number
  /** Every byte travels alone. */
  readonly sliced?: boolean
}

/** One direction of all connections of a lane, with everything that is wrong with it at the moment. */
export class Road {
  readonly #conditions = new Set<Condition>()
  readonly #listeners = new Set<() => void>()
  /** Nothing is wrong: bytes pass as they come. */
  isClear = true
  isStalled = false
  isDiscarding = false
  isSliced = false
  latency = 0
  jitter = 0
  bytesPerSecond: number = Infinity

  /** Returns a function that ends the condition. */
  impose(condition: Condition): () => void {
    this.#conditions.add(condition)
    this.#changed()
    return () => {
      if (this.#conditions.delete(condition)) this.#changed()
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    const all = [...this.#conditions]
    const sum = (of: (condition: Condition) => number | undefined): number =>
      all.reduce((total, condition) => total + (of(condition) ?? 0), 0)
    this.isClear = all.length === 0
    this.isStalled = all.some(({ stalled }) => stalled)
    this.isDiscarding = all.some(({ discarding }) => discarding)
    this.isSliced = all.some(({ sliced }) => sliced)
    this.latency = sum(({ latency }) => latency)
    this.jitter = sum(({ jitter }) => jitter)
    this.bytesPerSecond = Math.min(...all.map(({ bytesPerSecond }) => bytesPerSecond ?? Infinity))
    for (const listener of [...this.#listeners]) listener()
  }
}
