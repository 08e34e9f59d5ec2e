/** Where time comes from. The only place that touches the system's clocks and timers, so that a simulator can own them. */
export interface Clock {
  /** Milliseconds that never go back; may stand still while the machine is suspended. */
  monotonic(): number
  /** Milliseconds since 1970; may jump. */
  wall(): number
  /** Calls `task` once, not before `delay` milliseconds have passed. */
  timer(delay: number, task: () => void): Timer
}

export interface Timer {
  cancel(): void
  /** Whether the timer keeps the process alive. */
  hold(alive: boolean): void
}

/** The longest delay that a timer of the platform takes; a longer one fires at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  timer(delay, task) {
    const timeout = setTimeout(task, Math.min(delay, LONGEST_DELAY))
    return {
      cancel: () => {
        clearTimeout(timeout)
      },
      hold: (alive) => {
        if (alive) timeout.ref()
        else timeout.unref()
      },
    }
  },
}
