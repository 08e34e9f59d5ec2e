import { onAbort } from '../wait/on-abort.js'
import { LockLostError } from '../errors.js'
import type { Lock } from '../lock.js'
import { follow, type Following } from './signals.js'

/** A term of office. */
export class Leadership {
  readonly #lock: Lock
  readonly #following: Following
  #serving = false
  #resigning: Promise<void> | undefined

  /** @internal Comes from `election.campaign()`. */
  constructor(lock: Lock) {
    this.#lock = lock
    this.#following = follow(lock.signal)
  }

  /** Aborted with a `LockLostError` when the office is lost or given up: whatever a leader does has to stop. */
  get signal(): AbortSignal {
    return this.#following.signal
  }

  /** Higher than that of every earlier leader; with `fencing` only. */
  get token(): bigint | undefined {
    return this.#lock.token
  }

  /** Whether this process leads at this very moment, by the clock. */
  get held(): boolean {
    return this.#lock.held && !this.signal.aborted
  }

  /** Milliseconds for which the office is surely ours, 0 when it is over. */
  remaining(): number {
    return this.held ? this.#lock.remaining() : 0
  }

  /**
   * Aborts the signal, then lets the next candidate take over: at once, so stop the work first. Within
   * `election.run()` the next one has to wait until the work has settled.
   */
  async resign(): Promise<void> {
    const { controller } = this.#following
    if (!controller.signal.aborted) controller.abort(this.#resigned())
    if (!this.#serving) await this.#release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resign()
  }

  /** @internal Runs a leader's work; the office is given up when the work has settled, whatever ended it. */
  async serve(
    fn: (signal: AbortSignal, leadership: Leadership) => unknown,
    until: AbortSignal | undefined,
  ): Promise<'finished' | 'lost'> {
    const { controller, signal } = this.#following
    const stop = (): void => {
      controller.abort(until?.reason)
    }
    if (until?.aborted === true) stop()
    const unfollow = until && onAbort(until, stop)
    this.#serving = true
    try {
      await fn(signal, this)
      return this.held || until?.aborted === true ? 'finished' : 'lost'
    } catch (error) {
      // Out of office, an error is the usual consequence of having been told to stop.
      if (this.held) throw error
      return until?.aborted === true ? 'finished' : 'lost'
    } finally {
      unfollow?.()
      this.#serving = false
      await this.resign()
    }
  }

  #release(): Promise<void> {
    this.#following.dispose()
    this.#resigning ??= this.#lock.release().then(() => undefined)
    return this.#resigning
  }

  #resigned(): LockLostError {
    const { resources } = this.#lock
    return new LockLostError('released', `The office was given up: ${resources.join(', ')} was released`, {
      resources,
    })
  }
}
