import type { Clock } from '../clock.js'
import { digestOf } from '../digest.js'
import { labelOf } from '../label.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import { pause } from './time.js'

/** Between two looks at who leads, milliseconds: a hand-over from one leader to the next wakes no one else. */
const LOOK_EVERY = 1_000

/** Who leads, as far as a majority of the nodes knows: the label of the leader, or a digest where it has none. */
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

/** Calls back for every leader that is not the one before. */
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

  /** In a turn of its own: what the callback throws is an uncaught exception, as with any listener. */
  report(leader: string | null): void {
    if (leader === null || leader === this.#last) return
    this.#last = leader
    queueMicrotask(() => {
      this.#onLeader(leader)
    })
  }

  /** Looks again and again until the signal aborts. */
  async follow(resource: string, signal: AbortSignal): Promise<void> {
    const isWanted = (): boolean => !signal.aborted
    while (isWanted()) {
      // Without a majority no leader can be named: the next look may find one.
      const leader = await leaderOf(this.#redlock, resource).catch(() => null)
      // What was asked for before this process was elected is out of date.
      if (isWanted()) this.report(leader)
      await pause(this.#clock, LOOK_EVERY, signal)
    }
  }
}
