import type { SimulatedProcess } from './simulated-process.js'
import type { Oracle } from './oracle.js'
import type { Plan } from './plan.js'
import type { Timeline } from './timeline.js'

/** An event loop that always lags: every timer fires so much too late, milliseconds. */
export const LEAST_LAG = 5
export const MOST_LAG = 50

/** Once enough nodes may vote, the guard gives the others so long to be checked, milliseconds. */
const PATIENCE_OF_GUARD = 100
/** While too few may, it asks all of them, and then has them write their markers. */
const ROUNDS_OF_GUARD = 2
/** Between two tries of which neither was conclusive, and for what a process does in a turn, milliseconds. */
const SLACK = 50
/** Timers that may stand one behind the other in a call; a late one is put off once for what lies unread. */
const TIMERS_IN_A_ROW = 8
/** What clocks may be wrong by. */
const DRIFT = 1.01
/** A round with tokens may be followed by another one at once. */
const MOST_ROUNDS = 2

/** How long a call may take whatever the nodes do, and the judgement that it took no longer. */
export class Bounds {
  readonly #plan: Plan
  readonly #timeline: Timeline
  readonly #oracle: Oracle

  constructor(plan: Plan, timeline: Timeline, oracle: Oracle) {
    this.#plan = plan
    this.#timeline = timeline
    this.#oracle = oracle
  }

  /** What comes on top of the time that a call is given: a node's deadline, for a lock of this TTL. */
  beyond(ttl: number): number {
    const rounds = this.#plan.fencing ? MOST_ROUNDS : 1
    return rounds * nodeTimeoutFor(ttl) + this.#overhead
  }

  /** What `call` comes to. `limit` is for the whole call, `afterAbort` from the moment on at which the signal aborts. */
  async judge<T>(
    client: SimulatedProcess,
    what: string,
    limit: number,
    call: () => Promise<T>,
    signal?: AbortSignal,
    afterAbort: number = limit,
  ): Promise<T> {
    const { pauses } = client
    const began = this.#timeline.now
    let abortedAt = Infinity
    signal?.addEventListener('abort', () => {
      abortedAt = this.#timeline.now
    })
    try {
      return await call()
    } finally {
      const now = this.#timeline.now
      if (client.pauses === pauses) {
        if (now - began > limit * DRIFT)
          this.#oracle.report(
            'bound',
            `${client.name}: ${what} took ${(now - began).toFixed(1)} ms, at the most ${limit.toFixed(1)} were allowed`,
          )
        else if (now - abortedAt > afterAbort * DRIFT)
          this.#oracle.report(
            'bound',
            `${client.name}: ${what} went on for ${(now - abortedAt).toFixed(1)} ms after it was aborted, at the most ${afterAbort.toFixed(1)} were allowed`,
          )
      }
    }
  }

  /** How late one timer may be, milliseconds. */
  get lag(): number {
    return this.#plan.edges.has('lag') ? MOST_LAG : 0
  }

  get #overhead(): number {
    const guard = this.#plan.guard
      ? ROUNDS_OF_GUARD * nodeTimeoutFor(this.#plan.ttls[0] ?? 0) + PATIENCE_OF_GUARD
      : 0
    return guard + SLACK + TIMERS_IN_A_ROW * this.lag
  }
}

/** The default: 5 % of the TTL, at least 50 and at most 1,000 milliseconds. */
export function nodeTimeoutFor(ttl: number): number {
  return Math.min(1_000, Math.max(50, ttl / 20))
}
