import { systemClock, type Clock } from '../clock.js'
import { LockLostError } from '../errors.js'
import type { Redlock } from '../redlock.js'
import {
  checkClock,
  checkGiven,
  checkMethods,
  checkName,
  checkOptions,
  checkRedlock,
  checkSignal,
  checkTime,
  checkWait,
  checkWhole,
} from './checks.js'
import { memoryCounterStore, type CounterStore } from './counter-store.js'
import { pause } from './time.js'

export interface RateLimiterOptions {
  /** How much may be taken in one window. */
  readonly limit: number
  /** How long a window lasts, milliseconds. It begins with the first thing that is taken. */
  readonly window: number
  /** Where the counts are kept. Default: in the memory of this process, which limits this process only. */
  readonly store?: CounterStore | undefined
  /** How long to wait for the lock on a counter, milliseconds. Default: the `wait` of the Redlock. */
  readonly wait?: number | undefined
  /** How long a process that crashed keeps a counter locked, milliseconds. Default 5,000. */
  readonly ttl?: number | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

export interface RateDecision {
  readonly allowed: boolean
  /** How much is left in this window. */
  readonly remaining: number
  /** Milliseconds until the next window. */
  readonly resetAfter: number
}

export interface TakeOptions {
  /** How much to take. Default 1. */
  readonly cost?: number | undefined
}

export interface TakeWaitingOptions extends TakeOptions {
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = ['limit', 'window', 'store', 'wait', 'ttl', 'clock'] as const
const DEFAULT_TTL = 5_000

/**
 * So much per window among all processes that share the store. The lock makes reading and writing the counter one
 * step, so that any store will do. The times are those of the store: clocks of processes do not matter.
 */
export class RateLimiter {
  readonly #redlock: Redlock
  readonly #options: RateLimiterOptions
  readonly #store: CounterStore
  readonly #clock: Clock

  constructor(
    redlock: Redlock,
    readonly name: string,
    options: RateLimiterOptions,
  ) {
    checkRedlock(redlock)
    checkName('name', name)
    checkGiven('options', options)
    checkOptions(options, OPTIONS)
    const { limit, window, store, wait, ttl, clock } = options
    checkGiven('limit', limit)
    checkWhole('limit', limit, 1, Number.MAX_SAFE_INTEGER)
    checkGiven('window', window)
    checkTime('window', window, 1)
    checkWait('wait', wait)
    checkTime('ttl', ttl, 1)
    checkClock(clock)
    if (store !== undefined) checkMethods('store', store, ['read', 'write'], 'a counter store')
    this.#redlock = redlock
    this.#options = options
    this.#clock = clock ?? systemClock
    this.#store = store ?? memoryCounterStore({ clock: this.#clock })
  }

  /** Takes from the window of `key`, if there is enough left. Rejects when the lock or the store cannot be had. */
  async tryTake(key: string, options: TakeOptions = {}): Promise<RateDecision> {
    const cost = this.#checkTake(key, options)
    const { limit, window, wait, ttl = DEFAULT_TTL } = this.#options
    const resource = `rate:${this.name}:${key}`
    const lock = await this.#redlock.acquire(resource, { ttl, wait, autoExtend: true })
    try {
      const found = await this.#store.read(resource)
      const used = found?.count ?? 0
      const resetAfter = found?.remaining ?? window
      if (used + cost > limit) return { allowed: false, remaining: Math.max(0, limit - used), resetAfter }
      // Without the lock another one may have counted meanwhile.
      if (!lock.held) throw lostWhileCounting(resource)
      await this.#store.write(resource, { count: used + cost, remaining: resetAfter })
      return { allowed: true, remaining: limit - used - cost, resetAfter }
    } finally {
      await lock.release()
    }
  }

  /** The same, waiting for the next window as often as it takes. */
  async take(key: string, options: TakeWaitingOptions = {}): Promise<RateDecision> {
    const { signal, ...rest } = options
    checkSignal(signal)
    for (;;) {
      signal?.throwIfAborted()
      const decision = await this.tryTake(key, rest)
      if (decision.allowed) return decision
      await pause(this.#clock, Math.max(1, decision.resetAfter), signal)
    }
  }

  #checkTake(key: string, options: TakeOptions): number {
    checkName('key', key)
    checkOptions(options, ['cost'])
    // More than the limit could never be taken.
    checkWhole('cost', options.cost, 1, this.#options.limit)
    return options.cost ?? 1
  }
}

function lostWhileCounting(resource: string): LockLostError {
  return new LockLostError('expired', `${resource} was lost while its counter was read: nothing was taken`, {
    resources: [resource],
  })
}
