import { systemClock, type Lock, type Timer } from '@quorumlock/core'
import type { Child } from './child.js'

/** What the system needs to end a process after SIGKILL, with timers that lag, milliseconds. */
const REACH = 100

export interface Leash {
  /** Whether the command was told to end for the sake of the lock. */
  readonly isPulled: boolean
  drop(): void
}

/**
 * Sees to it that the command is gone before the lock is: SIGTERM when less than `grace` is left, SIGKILL shortly before
 * the deadline. A renewal that comes through in between is too late for the command. A lock that is gone already,
 * by the word of a majority, ends it at once.
 */
export function keepOnLeash(lock: Lock, child: Child, grace: number, say: (text: string) => void): Leash {
  let timer: Timer | undefined
  let isPulled = false
  const sleep = (delay: number, then: () => void): void => {
    timer = systemClock.timer(Math.max(1, delay), then)
  }
  const watch = (): void => {
    const left = lock.remaining() - grace - REACH
    if (left > 0) {
      sleep(left, watch)
      return
    }
    isPulled = true
    const untilKill = lock.remaining() - REACH
    say('the lock cannot be renewed: ending the command')
    if (untilKill <= 0) child.kill('SIGKILL')
    else {
      child.kill('SIGTERM')
      sleep(untilKill, () => {
        child.kill('SIGKILL')
      })
    }
  }
  const lost = (): void => {
    timer?.cancel()
    if (!isPulled) say('the lock was lost: ending the command')
    isPulled = true
    child.kill('SIGKILL')
  }
  if (lock.signal.aborted) lost()
  else {
    lock.signal.addEventListener('abort', lost, { once: true })
    watch()
  }
  return {
    get isPulled() {
      return isPulled
    },
    drop() {
      timer?.cancel()
      lock.signal.removeEventListener('abort', lost)
    },
  }
}
