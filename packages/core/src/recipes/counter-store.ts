import { systemClock, type Clock } from '../clock.js'
import { checkClock } from './checks.js'

export interface Count {
  readonly count: number
  /** Milliseconds until the window ends, by the clock of the store. */
  readonly remaining: number
}

export interface CountChange {
  /** The count that was read; 0 if no window is running. */
  readonly from: number
  /** The count to write. */
  readonly to: number
  /** Length of a window that begins with this write, in milliseconds. A running window keeps its end. */
  readonly window: number
}

/**
 * Stores the counters of a `RateLimiter`. Check and write are one step, because a process that was paused may write
 * long after it has lost its lock.
 */
export interface CounterStore {
  /** Resolves to `undefined` if there is no counter, or its window is over. */
  read(key: string): Promise<Count | undefined>
  /**
   * In one step: if the count is still `from`, writes `to` and resolves to true. Otherwise writes nothing and resolves
   * to false. `from` is 0 only if no window is running; then the write begins one.
   */
  write(key: string, change: CountChange): Promise<boolean>
}

/** Counters in the memory of this process, for a single process and for tests. */
export function memoryCounterStore({
  clock = systemClock,
}: {
  readonly clock?: Clock | undefined
} = {}): CounterStore {
  checkClock(clock)
  const counters = new Map<string, { readonly count: number; readonly endsAt: number }>()
  let sweepAt = 0

  /** Deletes windows that are over. The cost is spread over the writes. */
  const sweep = (now: number): void => {
    if (counters.size < sweepAt) return
    for (const [key, { endsAt }] of counters) if (endsAt <= now) counters.delete(key)
    sweepAt = 2 * counters.size + 100
  }

  const running = (key: string, now: number) => {
    const found = counters.get(key)
    return found !== undefined && found.endsAt > now ? found : undefined
  }

  return {
    async read(key) {
      const now = clock.monotonic()
      const found = running(key, now)
      return found === undefined ? undefined : { count: found.count, remaining: found.endsAt - now }
    },
    async write(key, { from, to, window }) {
      const now = clock.monotonic()
      const found = running(key, now)
      if ((found?.count ?? 0) !== from) return false
      sweep(now)
      counters.set(key, { count: to, endsAt: found?.endsAt ?? now + window })
      return true
    },
  }
}
