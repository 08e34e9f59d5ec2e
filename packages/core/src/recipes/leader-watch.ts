import type { Clock } from '../clock.js'
import { digestOf } from '../digest.js'
import { labelOf } from '../label.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import { pause } from './time.js'

/** Milliseconds between two checks of the leader. A handover to the next leader wakes no other candidate. */
const CHECK_EVERY = 1_000

/** The leader, according to a majority of the nodes: its label, or a digest if it has none. */
export async function leaderOf(redlock: Redlock, resource: string): Promise<string | null> {
  const { locked, nodes } = await redlock.inspect(resource)
  if (!locked) return null
  const seen = new Map<string, number>()
  for (const { label, holder } of nodes) {
    if (holder === null) continue
    const name = label ?? holder
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }
  const [most] = [...seen].sort(([, a], [, b]) => b - a)
  return most?.[0] ?? null
}

/** What `leaderOf` returns while this lock is held. */
export function nameOf(lock: Lock): string {
  return labelOf(lock.value) ?? digestOf(lock.value)
}

/** Calls back for every change of the leader. */
export class LeaderWatch {
  readonly #redlock: Redlock
  readonly #clock: Clock
  readonly #onLeader: (leader: string) => void
  #last: string | undefined

  constructor(redlock: Redlock, clock: Clock, onLeader: (leader: string) => void) {
    this.#redlock = redlock
    this.#clock = clock
    this.#onLeader = onLeader
  }

  /**
   * Calls back in a separate microtask, so that an error in the callback is an uncaught exception, as in any listener.
   */
  report(leader: string | null): void {
    if (leader === null || leader === this.#last) return
    this.#last = leader
    queueMicrotask(() => {
      this.#onLeader(leader)
    })
  }

  /** Checks the leader repeatedly until the signal aborts. */
  async follow(resource: string, signal: AbortSignal): Promise<void> {
    const isActive = (): boolean => !signal.aborted
    while (isActive()) {
      // Without a majority the leader is unknown. The next check may find one.
      const leader = await leaderOf(this.#redlock, resource).catch(() => null)
      // If this process has been elected in the meantime, this result is out of date.
      if (isActive()) this.report(leader)
      await pause(this.#clock, CHECK_EVERY, signal)
    }
  }
}
