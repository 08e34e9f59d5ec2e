import type { Lock } from './lock.js'
import type { AcquireOptions, WaitForUnlockOptions } from './options.js'
import type { ReleaseOutcome } from './quorum/release.js'
import type { Redlock, TryUsing } from './redlock.js'

/**
 * A lock by its name. What was acquired under a name can be released under it, from anywhere that has the same
 * `Redlock`: no handle has to be kept.
 */
export class NamedLock {
  readonly #redlock: Redlock
  readonly #options: AcquireOptions | undefined
  readonly #held: Map<string, Lock>

  /** @internal Comes from `redlock.getLock()`. */
  constructor(
    redlock: Redlock,
    readonly resource: string,
    options: AcquireOptions | undefined,
    held: Map<string, Lock>,
  ) {
    this.#redlock = redlock
    this.#options = options
    this.#held = held
  }

  async acquire(options?: AcquireOptions): Promise<Lock> {
    return this.#keep(await this.#redlock.acquire(this.resource, this.#with(options)))
  }

  async tryAcquire(options?: AcquireOptions): Promise<Lock | null> {
    const lock = await this.#redlock.tryAcquire(this.resource, this.#with(options))
    return lock === null ? null : this.#keep(lock)
  }

  async using<T>(fn: (lock: Lock) => T | Promise<T>): Promise<T> {
    return this.#redlock.using(this.resource, this.#options, fn)
  }

  async tryUsing<T>(fn: (lock: Lock) => T | Promise<T>): Promise<TryUsing<T>> {
    return this.#redlock.tryUsing(this.resource, this.#options, fn)
  }

  async isLocked(): Promise<boolean> {
    return this.#redlock.isLocked(this.resource)
  }

  async waitForUnlock(options?: WaitForUnlockOptions): Promise<boolean> {
    return this.#redlock.waitForUnlock(this.resource, options)
  }

  /** Gives back what was acquired under this name. `expired` when there is nothing, or nothing any more. */
  async release(): Promise<ReleaseOutcome> {
    const lock = this.#held.get(this.resource)
    return lock === undefined ? 'expired' : lock.release()
  }

  #with(options: AcquireOptions | undefined): AcquireOptions | undefined {
    return options === undefined ? this.#options : { ...this.#options, ...options }
  }

  #keep(lock: Lock): Lock {
    this.#held.set(this.resource, lock)
    lock.onEnd(() => {
      if (this.#held.get(this.resource) === lock) this.#held.delete(this.resource)
    })
    return lock
  }
}
