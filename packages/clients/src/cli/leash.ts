import { systemClock, type Lock, type Timer } from '@quorumlock/core'
import type { Child } from './child.js'

/** Time that the system needs to end a process after SIGKILL, including late timers, milliseconds. */
const REACH = 100

export interface Leash {
  /** Whether the command was ended because of the lock. */
  readonly isPulled: boolean
  drop(): void
}

/**
 * Ensures that the command ends before the lock expires: SIGTERM when less than `grace` is left, SIGKILL shortly before
 * the deadline. A renewal that succeeds in between is too late for the command. If a majority reports that the lock is
 * lost, the command is killed immediately.
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
