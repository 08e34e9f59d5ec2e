/** A fault of one direction of a connection. */
export interface Condition {
  /** Bytes are held, and delivered when the condition ends, as by TCP after a partition. */
  readonly stalled?: boolean
  /** Bytes are discarded. A connection that lost some is reset when the condition ends, as its streams no longer match. */
  readonly discarding?: boolean
  /** Milliseconds. */
  readonly latency?: number
  /** Up to this many additional milliseconds, evenly spread. */
  readonly jitter?: number
  readonly bytesPerSecond?: number
  /** Every byte is sent separately. */
  readonly sliced?: boolean
}

/** One direction of all connections of a lane, with the conditions in force. */
export class Road {
  readonly #conditions = new Set<Condition>()
  readonly #listeners = new Set<() => void>()
  /** No condition is in force, so bytes pass unchanged. */
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
