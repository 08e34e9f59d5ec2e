import type { Quorum } from '../quorum/quorum.js'
import { onAbort } from './on-abort.js'
import type { Waits } from './waits.js'

/** The end of a wait by the caller's signal or by `close()`, whatever it is that is being waited for. */
export class Interruption {
  readonly #quorum: Quorum
  readonly #waits: Waits
  readonly #resources: readonly string[]
  readonly #signal: AbortSignal | undefined
  /** Rejects what is being waited for now; one thing at a time. */
  #reject: ((reason: unknown) => void) | undefined
  #reaction: (() => void) | undefined
  readonly #unfollow: (() => void) | undefined

  constructor(
    { quorum, waits }: { readonly quorum: Quorum; readonly waits: Waits },
    resources: readonly string[],
    signal: AbortSignal | undefined,
  ) {
    this.#quorum = quorum
    this.#waits = waits
    this.#resources = resources
    this.#signal = signal
    this.throwIfInterrupted()
    if (signal !== undefined) {
      this.#unfollow = onAbort(signal, () => {
        this.interrupt()
      })
    }
    waits.add(this)
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
    this.#waits.assertOpen(this.#resources)
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
    const { agenda, clock } = this.#quorum
    const elapsed = new Promise<void>((resolve) => {
      const alarm = agenda.at(clock.monotonic() + delay, 'awaited', resolve)
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
    this.#unfollow?.()
    this.#waits.delete(this)
  }
}
