import { systemClock, type Clock } from '../clock.js'
import { checkClock } from './checks.js'

export interface Count {
  readonly count: number
  /** Milliseconds until the window ends, by the clock of the store. */
  readonly remaining: number
}

/** Where a `RateLimiter` keeps its counters. Only called with the lock on the key held. */
export interface CounterStore {
  /** `undefined` when there is none, or its window is over. */
  read(key: string): Promise<Count | undefined>
  /** Keeps the count until its window ends. */
  write(key: string, count: Count): Promise<void>
}

/** Counters in the memory of this process, for one process and for tests. */
export function memoryCounterStore({
  clock = systemClock,
}: {
  readonly clock?: Clock | undefined
} = {}): CounterStore {
  checkClock(clock)
  const counters = new Map<string, { readonly count: number; readonly endsAt: number }>()
  let sweepAt = 0

  /** Windows that are over go away by themselves, at a cost that is spread over the writes. */
  const sweep = (now: number): void => {
    if (counters.size < sweepAt) return
    for (const [key, { endsAt }] of counters) if (endsAt <= now) counters.delete(key)
    sweepAt = 2 * counters.size + 100
  }

  return {
    async read(key) {
      const found = counters.get(key)
      if (found === undefined) return undefined
      const remaining = found.endsAt - clock.monotonic()
      return remaining > 0 ? { count: found.count, remaining } : undefined
    },
    async write(key, { count, remaining }) {
      const now = clock.monotonic()
      sweep(now)
      counters.set(key, { count, endsAt: now + remaining })
    },
  }
}
