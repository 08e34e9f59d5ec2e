import { systemClock, type Clock } from '../clock.js'
import { LockLostError } from '../errors.js'
import { shown } from '../check.js'
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
import type { CountChange, CounterStore } from './counter-store.js'
import { pause } from './time.js'

export interface RateLimiterOptions {
  /** The most that may be taken in one window. */
  readonly limit: number
  /** Length of a window, in milliseconds. A window begins with the first take. */
  readonly window: number
  /** Stores the counts. `redisCounterStore(client)` limits all processes, `memoryCounterStore()` only this one. */
  readonly store: CounterStore
  /** Milliseconds to wait for the lock on a counter. Default: the `wait` of the Redlock. */
  readonly wait?: number | undefined
  /** Milliseconds for which a counter stays locked after a process crashed. Default 5,000. */
  readonly ttl?: number | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

export interface RateDecision {
  readonly allowed: boolean
  /** What is left in this window. */
  readonly remaining: number
  /** Milliseconds until the next window. */
  readonly resetAfter: number
}

export interface TakeOptions {
  /** The amount to take. Default 1. */
  readonly cost?: number | undefined
}

export interface TakeWaitingOptions extends TakeOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = ['limit', 'window', 'store', 'wait', 'ttl', 'clock'] as const
const DEFAULT_TTL = 5_000
/**
 * While the lock is held, a write fails only if a window ends at that moment. Repeated failures mean a faulty store.
 */
const MOST_TRIES = 10

/**
 * Limits the amount per window across all processes that share the store. The lock only reduces contention. The store
 * alone enforces the limit, because it writes only over the count that was read. All times are by the clock of the
 * store, so the clocks of processes do not matter.
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
    checkStore(store)
    this.#redlock = redlock
    this.#options = options
    this.#store = store
    this.#clock = clock ?? systemClock
  }

  /** Takes from the window of `key` if enough is left. Rejects if the lock or the store is unavailable. */
  async tryTake(key: string, options: TakeOptions = {}): Promise<RateDecision> {
    const cost = this.#checkTake(key, options)
    const { wait, ttl = DEFAULT_TTL } = this.#options
    const resource = `rate:${this.name}:${key}`
    const lock = await this.#redlock.acquire(resource, { ttl, wait, autoExtend: true })
    try {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (!lock.held) throw lostWhileCounting(resource)
        const decision = await this.#count(resource, cost)
        if (decision !== 'changed') return decision
      }
      throw new Error(
        `Cannot count ${shown(resource)}: \`store.write\` resolved to false ${MOST_TRIES} times in a row. ` +
          'Check that no other program writes this counter, and that the store reads back the count that it has written',
      )
    } finally {
      await lock.release()
    }
  }

  /** The same, but waits for later windows until enough is left. */
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

  /** Reads, decides and writes. `changed` if the counter has changed by the time of the write. */
  async #count(resource: string, cost: number): Promise<RateDecision | 'changed'> {
    const { limit, window } = this.#options
    const found = await this.#store.read(resource)
    const used = found?.count ?? 0
    const resetAfter = found?.remaining ?? window
    if (used + cost > limit) return { allowed: false, remaining: Math.max(0, limit - used), resetAfter }
    const to = used + cost
    const written = await write(this.#store, resource, { from: used, to, window })
    return written ? { allowed: true, remaining: limit - to, resetAfter } : 'changed'
  }

  #checkTake(key: string, options: TakeOptions): number {
    checkName('key', key)
    checkOptions(options, ['cost'])
    // More than the limit could never be taken.
    checkWhole('cost', options.cost, 1, this.#options.limit)
    return options.cost ?? 1
  }
}

/** Required, because with a separate counter each process would silently allow the full limit. */
function checkStore(given: CounterStore): void {
  if ((given as unknown) === undefined) {
    throw new TypeError(
      'Expected `store` to be given, got undefined: the processes that share a limit must share its counters. ' +
        'Pass redisCounterStore(client) to limit all processes, or memoryCounterStore() to limit only this one',
    )
  }
  checkMethods('store', given, ['read', 'write'], 'a counter store')
}

/** Rejects a store that does not report whether it wrote. It may write without a check and exceed the limit. */
async function write(store: CounterStore, resource: string, change: CountChange): Promise<boolean> {
  const written: unknown = await store.write(resource, change)
  if (typeof written === 'boolean') return written
  throw new TypeError(
    `Expected \`store.write\` to resolve to true or false, got ${shown(written)}: ` +
      'it must write only if the count is still `from`, in one step, and report whether it did',
  )
}

function lostWhileCounting(resource: string): LockLostError {
  return new LockLostError(
    'expired',
    `${resource} was lost while its counter was being read or written: nothing was taken`,
    {
      resources: [resource],
    },
  )
}
