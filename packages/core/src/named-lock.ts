import type { Lock } from './lock.js'
import type { AcquireOptions, WaitForUnlockOptions } from './options.js'
import type { ReleaseOutcome } from './lease.js'
import type { TryUsing } from './using.js'

/** The part of a `Redlock` that a `NamedLock` uses. */
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

/**
 * A lock for one name, for code that keeps this object instead of a handle. Releases only what it has acquired itself.
 */
export class NamedLock {
  readonly #redlock: Locking
  readonly #options: AcquireOptions | undefined
  #held: Lock | undefined

  /** @internal Created by `redlock.getLock()`. */
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
   * Releases the lock that was acquired through this object, and never a lock that another caller holds on the same
   * name. Resolves to `'expired'` if this object holds no lock, so it is safe to call in a `finally`.
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
