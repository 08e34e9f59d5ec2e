import type { Clock } from '../clock.js'
import type { Claim, Lease } from '../lease.js'
import type { Tally } from '../quorum/tally.js'

/** A round is never cut shorter for the sake of the wait budget, milliseconds. */
const SHORTEST_PATIENCE = 50

/** How far a call has come. */
export class Progress {
  /** Rounds that were begun. */
  attempts = 0
  readonly #clock: Clock
  readonly #begun: number
  #telling: Tally | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#begun = clock.monotonic()
  }

  /** Milliseconds for the next round: the rest of the wait, but never less than a healthy node needs. */
  patience({ options }: Claim, until: number): number {
    const left = until - this.#clock.monotonic()
    return Math.min(options.nodeTimeout, Math.max(SHORTEST_PATIENCE, left))
  }

  /**
   * After a round that was lost: what a refusal would go by. That nodes did not answer within a round that was cut short
   * is no news of them: the round before it knows better.
   */
  lost(tally: Tally, patience: number, { options }: Claim): Tally {
    if (patience === options.nodeTimeout || !tally.isUnheard) this.#telling = tally
    return this.#telling ?? tally
  }

  /** The lock, which knows from now on how it was had. */
  had(lease: Lease): Lease {
    const waited = this.#clock.monotonic() - this.#begun
    lease.acquisition = { attempts: this.attempts, waited, handedOver: lease.isProvisional }
    return lease
  }
}
