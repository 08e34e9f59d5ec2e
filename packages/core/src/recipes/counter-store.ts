import { systemClock, type Clock } from '../clock.js'
import { checkClock } from './checks.js'

export interface Count {
  readonly count: number
  /** Milliseconds until the window ends, by the clock of the store. */
  readonly remaining: number
}

export interface CountChange {
  /** The count that was read; 0 when no window is running. */
  readonly from: number
  /** The count to write. */
  readonly to: number
  /** How long a window lasts that begins with this write, milliseconds. One that is running keeps its end. */
  readonly window: number
}

/**
 * Where a `RateLimiter` keeps its counters. Check and write are one step, because a process that stood still may write
 * long after it has lost its lock.
 */
export interface CounterStore {
  /** `undefined` when there is none, or its window is over. */
  read(key: string): Promise<Count | undefined>
  /**
   * In one step: if the count is still `from`, writes `to` and resolves with true; otherwise writes nothing and resolves
   * with false. `from` is 0 exactly if no window is running: then one begins.
   */
  write(key: string, change: CountChange): Promise<boolean>
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
