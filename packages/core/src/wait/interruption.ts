import type { Quorum } from '../quorum/quorum.js'
import { onAbort } from './on-abort.js'
import type { Waits } from './waits.js'

/** Ends one call early, by the caller's signal or by `close()`, whatever the call is waiting for. */
export class Interruption {
  readonly #quorum: Quorum
  readonly #waits: Waits
  readonly #resources: readonly string[]
  readonly #signal: AbortSignal | undefined
  /** Rejects what the call is waiting for now; one thing at a time. */
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

  /**
   * Like `new Promise(start)`, but rejects when interrupted. Work that was started continues, and must clean up after
   * itself.
   */
  promise<T>(start: (resolve: (result: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.throwIfInterrupted()
      this.#reject = reject
      start(resolve)
    })
  }

  /** Settles with `work`, or rejects before it when interrupted. */
  race<T>(work: Promise<T>): Promise<T> {
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
      await this.race(elapsed)
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
