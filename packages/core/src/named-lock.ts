import type { Lock } from './lock.js'
import type { AcquireOptions, WaitForUnlockOptions } from './options.js'
import type { ReleaseOutcome } from './lease.js'
import type { TryUsing } from './using.js'

/** What a name is locked through. */
export interface Locking {
  acquire(resource: string, options?: AcquireOptions): Promise<Lock>
  tryAcquire(resource: string, options?: AcquireOptions): Promise<Lock | null>
  using<T>(
    resource: string,
    options: AcquireOptions | undefined,
    fn: (lock: Lock) => T | Promise<T>,
  ): Promise<T>
  tryUsing<T>(
    resource: string,
    options: AcquireOptions | undefined,
    fn: (lock: Lock) => T | Promise<T>,
  ): Promise<TryUsing<T>>
  isLocked(resource: string): Promise<boolean>
  waitForUnlock(resource: string, options?: WaitForUnlockOptions): Promise<boolean>
}

/** A lock by its name, for code that keeps this object instead of a handle: it releases what it has taken itself. */
export class NamedLock {
  readonly #redlock: Locking
  readonly #options: AcquireOptions | undefined
  #held: Lock | undefined

  /** @internal Comes from `redlock.getLock()`. */
  constructor(
    redlock: Locking,
    readonly resource: string,
    options: AcquireOptions | undefined,
  ) {
    this.#redlock = redlock
    this.#options = options
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

  /**
   * Gives back what was acquired through this very object, and nothing that anybody else holds under the same name.
   * `expired` when there is nothing, or nothing any more: so it is safe to call in a `finally`.
   */
  async release(): Promise<ReleaseOutcome> {
    return this.#held === undefined ? 'expired' : this.#held.release()
  }

  #with(options: AcquireOptions | undefined): AcquireOptions | undefined {
    return options === undefined ? this.#options : { ...this.#options, ...options }
  }

  #keep(lock: Lock): Lock {
    this.#held = lock
    lock.onEnd(() => {
      if (this.#held === lock) this.#held = undefined
    })
    return lock
  }
}
