import type { Engine } from '../engine.js'

/** One listener for each signal, however many calls it ends: Node warns of more than ten. */
const listeners = new WeakMap<AbortSignal, Listener>()

class Listener {
  readonly #signal: AbortSignal
  readonly #waits = new Set<Interruption>()

  static of(signal: AbortSignal): Listener {
    let listener = listeners.get(signal)
    if (listener === undefined) listeners.set(signal, (listener = new Listener(signal)))
    return listener
  }

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(wait: Interruption): void {
    if (this.#waits.size === 0) this.#signal.addEventListener('abort', this)
    this.#waits.add(wait)
  }

  remove(wait: Interruption): void {
    if (this.#waits.delete(wait) && this.#waits.size === 0) this.#signal.removeEventListener('abort', this)
  }

  /** The signal's word. */
  handleEvent(): void {
    for (const wait of [...this.#waits]) wait.interrupt()
  }
}

/** The end of a wait by the caller's signal or by `close()`, whatever it is that is being waited for. */
export class Interruption {
  readonly #engine: Engine
  readonly #resources: readonly string[]
  readonly #signal: AbortSignal | undefined
  /** Rejects what is being waited for now; one thing at a time. */
  #reject: ((reason: unknown) => void) | undefined
  #reaction: (() => void) | undefined

  constructor(engine: Engine, resources: readonly string[], signal: AbortSignal | undefined) {
    this.#engine = engine
    this.#resources = resources
    this.#signal = signal
    this.throwIfInterrupted()
    if (signal !== undefined) Listener.of(signal).add(this)
    engine.interruptions.add(this)
  }

  interrupt(): void {
    try {
      this.throwIfInterrupted()
    } catch (reason) {
      this.#reject?.(reason)
    }
    this.#reaction?.()
  }

  onInterrupt(react: () => void): void {
    this.#reaction = react
  }

  throwIfInterrupted(): void {
    this.#engine.assertOpen(this.#resources)
    this.#signal?.throwIfAborted()
  }

  /** What `start` comes to, unless the caller does not want it any more: whoever works has to clear up then. */
  until<T>(start: (done: (result: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.throwIfInterrupted()
      this.#reject = reject
      start(resolve)
    })
  }

  /** The same for work that is under way. */
  unless<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      work.then(resolve, reject)
      this.#reject = reject
      this.throwIfInterrupted()
    })
  }

  /** Resolves after `delay` milliseconds; leaves no timer behind when it is interrupted. */
  async pause(delay: number): Promise<void> {
    const { agenda, options } = this.#engine
    const elapsed = new Promise<void>((resolve) => {
      const alarm = agenda.at(options.clock.monotonic() + delay, 'awaited', resolve)
      this.#reaction = () => {
        alarm.cancel()
      }
    })
    try {
      await this.unless(elapsed)
    } finally {
      this.#reaction?.()
      this.#reaction = undefined
    }
  }

  dispose(): void {
    if (this.#signal !== undefined) Listener.of(this.#signal).remove(this)
    this.#engine.interruptions.delete(this)
  }
}
