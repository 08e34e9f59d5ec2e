import { onAbort } from '../wait/on-abort.js'
import { LockLostError } from '../errors.js'
import type { Lock } from '../lock.js'
import { follow, type Following } from './signals.js'

/** A term of office of this process. */
export class Leadership {
  readonly #lock: Lock
  readonly #following: Following
  #serving = false
  #resigning: Promise<void> | undefined

  /** @internal Created by `election.campaign()`. */
  constructor(lock: Lock) {
    this.#lock = lock
    this.#following = follow(lock.signal)
  }

  /**
   * Aborts with a `LockLostError` when the leader loses its office or resigns. All work of the leader must stop then.
   */
  get signal(): AbortSignal {
    return this.#following.signal
  }

  /** Higher than the token of every earlier leader. Only with `fencing`. */
  get token(): bigint | undefined {
    return this.#lock.token
  }

  /** Whether this process leads at this moment, by the clock. */
  get held(): boolean {
    return this.#lock.held && !this.signal.aborted
  }

  /** Milliseconds for which this process certainly leads; 0 if the term is over. */
  remaining(): number {
    return this.held ? this.#lock.remaining() : 0
  }

  /**
   * Aborts the signal, then releases the office. The next candidate takes over at once, so stop the work first. Within
   * `election.run()` the office is released only after the work has settled.
   */
  async resign(): Promise<void> {
    const { controller } = this.#following
    if (!controller.signal.aborted) controller.abort(this.#resigned())
    if (!this.#serving) await this.#release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resign()
  }

  /** @internal Runs the work of a leader, and resigns once the work has settled for any reason. */
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
      // Out of office, an error is the usual result of the aborted signal.
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
    return new LockLostError('released', `This leader resigned: ${resources.join(', ')} was released`, {
      resources,
    })
  }
}
