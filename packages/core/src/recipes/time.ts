import { onAbort } from '../wait/on-abort.js'
import { LONGEST_DELAY, type Clock } from '../clock.js'

/** Resolves after `delay` milliseconds, or as soon as the signal aborts. The caller checks which of the two it was. */
export function pause(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true || delay <= 0) {
      resolve()
      return
    }
    const over = (): void => {
      timer.cancel()
      unfollow?.()
      resolve()
    }
    const timer = clock.timer(Math.min(Math.ceil(delay), LONGEST_DELAY), over)
    const unfollow = signal && onAbort(signal, over)
  })
}
