import { Lease, type LockRequest } from '../lease.js'
import type { Handed } from '../node/lock-node.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { validityOf, type Instant } from '../quorum/validity.js'

/** A lock is taken as it was handed over only if this share of its time is left; otherwise the client asks again. */
const MIN_USEFUL_SHARE = 1 / 4

/**
 * What nodes have given to a waiter when its turn came. The deadline that a node reports is that of the place; if it is
 * the one which the last attempt gave to the place, the handover came after that attempt. So its key lives at least for
 * the reported time, counted from the beginning of the attempt.
 */
export class HandOver {
  /** When the last attempt began. */
  readonly #start: Instant
  /** How long a place lasts, milliseconds. */
  readonly #life: number
  /** Until when the place lasts, by the clock of each node. */
  readonly #deadlines = new Map<Member, number>()
  readonly #handed = new Map<Member, Handed>()

  constructor(start: Instant, life: number) {
    this.#start = start
    this.#life = life
  }

  /** The node has answered the attempt with a place in its queue, at `clock` by its own clock. */
  queued(member: Member, clock: number): void {
    this.#deadlines.set(member, clock + this.#life)
  }

  handed(member: Member, handed: Handed): void {
    this.#handed.set(member, handed)
  }

  /** The lock, if a quorum has handed it over and enough of its time is left. */
  lease(quorum: Quorum, request: LockRequest, value: string): Lease | undefined {
    if (!quorum.isQuorum(this.#handed.size)) return undefined
    const { ttl, driftFactor } = request.options
    const tally = quorum.newTally()
    let shortest = ttl
    for (const [member, { remaining, deadline, stamp }] of this.#handed) {
      if (member.admission.obstacle !== undefined || this.#deadlines.get(member) !== deadline) continue
      // Votes count together only if they were given under the same seats.
      if (member.marker?.stamp !== stamp) continue
      tally.put(member.index, { vote: 'granted' }, 0)
      shortest = Math.min(shortest, remaining)
    }
    if (!tally.isWon) return undefined
    tally.outcome = 'won'
    const now = quorum.now()
    const validity = validityOf(shortest, driftFactor)
    const lease = new Lease(request, value, undefined, now, tally, validity).provisional(this.#start)
    const enough = MIN_USEFUL_SHARE * validityOf(Math.min(ttl, this.#life), driftFactor)
    return lease.remaining(now) >= enough ? lease : undefined
  }
}
