import type { SimulatedProcess } from './simulated-process.js'
import type { Oracle } from './oracle.js'
import type { Plan } from './plan.js'
import type { Timeline } from './timeline.js'

/** An event loop that always lags: every timer fires this much too late, milliseconds. */
export const LEAST_LAG = 5
export const MOST_LAG = 50

/** Once enough nodes may vote, the guard waits this long for the others to be checked, milliseconds. */
const PATIENCE_OF_GUARD = 100
/** While too few may vote, the guard greets all nodes, and then has them write their markers. */
const ROUNDS_OF_GUARD = 2
/** Between two inconclusive attempts, and for the work of a process in one turn, milliseconds. */
const SLACK = 50
/** Timers that may follow each other in a call; a late one is postponed once if replies are still unread. */
const TIMERS_IN_A_ROW = 8
/** The factor by which clocks may drift; more in a world that is unsafe because they do. */
const DRIFT = 1.01
/** With `spread`, nodes that are asked later have their full time from then on; this is the share of it that may pass before. */
const LATER = 0.25
/** A round with tokens may be followed immediately by a second one. */
const MOST_ROUNDS = 2

/** How long a call may take whatever the nodes do, and the check that it took no longer. */
export class Bounds {
  readonly #plan: Plan
  readonly #timeline: Timeline
  readonly #oracle: Oracle

  constructor(plan: Plan, timeline: Timeline, oracle: Oracle) {
    this.#plan = plan
    this.#timeline = timeline
    this.#oracle = oracle
  }

  /** How long a call may exceed its own time limit: by a node's deadline, for a lock of this TTL. */
  beyond(ttl: number): number {
    const rounds = (this.#plan.fencing ? MOST_ROUNDS : 1) + (this.#plan.spread === 'all' ? 0 : LATER)
    return rounds * nodeTimeoutFor(ttl) + this.#overhead
  }

  /** Settles as `call` does. `limit` is for the whole call, `afterAbort` for the time after the signal has aborted. */
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
        if (now - began > limit * this.#drift)
          this.#oracle.report(
            'bound',
            `${client.name}: ${what} took ${(now - began).toFixed(1)} ms; at most ${limit.toFixed(1)} ms were allowed`,
          )
        else if (now - abortedAt > afterAbort * this.#drift)
          this.#oracle.report(
            'bound',
            `${client.name}: ${what} continued for ${(now - abortedAt).toFixed(1)} ms after its abort; at most ${afterAbort.toFixed(1)} ms were allowed`,
          )
      }
    }
  }

  /** How late one timer may be, milliseconds. */
  get lag(): number {
    return this.#plan.edges.has('lag') ? MOST_LAG : 0
  }

  get #drift(): number {
    return Math.max(DRIFT, 1 + 1.2 * this.#plan.drift)
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
