import { QuorumLockError } from '../errors.js'
import type { Guard } from '../guard/guard.js'
import type { Lease, LockRequest } from '../lease.js'
import type { Logger } from '../options.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Deadlocks } from '../telemetry/deadlocks.js'
import { Interruption } from '../wait/interruption.js'
import type { Waits } from '../wait/waits.js'
import type { Wakeups } from '../wait/wakeups.js'

/** The parts of a client that an acquire works with. */
export interface Acquiring {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly waits: Waits
  readonly deadlocks: Deadlocks | undefined
  readonly logger: Logger
}

/** A round is never cut shorter than this for the sake of the caller's `wait`, milliseconds. */
const SHORTEST_ROUND = 50

/** One call to acquire a lock: what it asks for, how far it has come, and what may end it early. */
export class Call {
  readonly client: Acquiring
  readonly request: LockRequest
  readonly interruption: Interruption
  /** Rounds begun so far. */
  attempts = 0
  readonly #begun: number
  #reported: Tally | undefined

  constructor(client: Acquiring, request: LockRequest, signal: AbortSignal | undefined) {
    this.client = client
    this.request = request
    this.#begun = client.quorum.clock.monotonic()
    this.interruption = new Interruption(client, request.resources, signal)
  }

  /** Before a round. Common case: the guard knows the nodes, and there is nothing to wait for. */
  ready(limit?: number): Promise<void> | undefined {
    const checked = this.client.guard?.ready(limit)
    return checked === undefined ? undefined : this.interruption.race(checked)
  }

  /** Milliseconds for the next round: the rest of the wait, but never less than a healthy node needs. */
  deadline(until: number): number {
    const left = until - this.client.quorum.clock.monotonic()
    return Math.min(this.request.options.nodeTimeout, Math.max(SHORTEST_ROUND, left))
  }

  /**
   * Records a round that was lost, and returns the votes that an error would report. Nodes that did not answer within a
   * round that was cut short prove nothing, so the round before it is reported instead.
   */
  lost(tally: Tally, deadline: number): Tally {
    if (deadline === this.request.options.nodeTimeout || !tally.isTimedOut) this.#reported = tally
    return this.#reported ?? tally
  }

  won(lease: Lease): Lease {
    return lease.acquiredAfter(this.attempts, this.client.quorum.clock.monotonic() - this.#begun)
  }

  /** Returns the error. Contention is what locks are for; an unavailable quorum is worth a line in the log. */
  failed(error: unknown): unknown {
    if (!(error instanceof QuorumLockError)) return error
    const { logger } = this.client
    const { code, resources, votes } = error
    if (code === 'CONTENDED') logger.debug({ resources }, 'lock is held')
    else if (code === 'UNAVAILABLE') logger.warn({ resources, votes }, 'too few lock nodes are available')
    else if (code === 'MISUSE') logger.error({ resources, votes }, 'too many lock nodes reject permanently')
    return error
  }

  end(): void {
    this.interruption.dispose()
  }
}
