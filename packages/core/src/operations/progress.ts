import type { Clock } from '../clock.js'
import type { Lease, LockRequest } from '../lease.js'
import type { Tally } from '../quorum/tally.js'

/** A round is never cut shorter than this for the sake of the caller's `wait`, milliseconds. */
const SHORTEST_ROUND = 50

/** How far a call to acquire a lock has come. */
export class Progress {
  /** Rounds begun so far. */
  attempts = 0
  readonly #clock: Clock
  readonly #begun: number
  #telling: Tally | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#begun = clock.monotonic()
  }

  /** Milliseconds for the next round: the rest of the wait, but never less than a healthy node needs. */
  deadline({ options }: LockRequest, until: number): number {
    const left = until - this.#clock.monotonic()
    return Math.min(options.nodeTimeout, Math.max(SHORTEST_ROUND, left))
  }

  /**
   * Records a round that was lost, and returns the votes that an error would report. Nodes that did not answer within a
   * round that was cut short prove nothing, so the round before it is reported instead.
   */
  lost(tally: Tally, deadline: number, { options }: LockRequest): Tally {
    if (deadline === options.nodeTimeout || !tally.isUnheard) this.#telling = tally
    return this.#telling ?? tally
  }

  won(lease: Lease): Lease {
    return lease.acquiredAfter(this.attempts, this.#clock.monotonic() - this.#begun)
  }
}
