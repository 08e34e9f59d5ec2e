/** The source of time, and the only place that uses the system's clocks and timers. So a simulator can control them. */
export interface Clock {
  /** Milliseconds that never go back. May stop while the machine is suspended. */
  monotonic(): number
  /** Milliseconds since 1970. May jump. */
  wall(): number
  /** Calls `task` once, after at least `delay` milliseconds. */
  timer(delay: number, task: () => void): Timer
}

export interface Timer {
  cancel(): void
  /** Sets whether the timer keeps the process alive. */
  hold(alive: boolean): void
}

/** The longest delay that a timer of the platform accepts. A longer one would fire at once. */
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
