import { Lease, type Claim } from '../lease.js'
import type { Handed } from '../node/lock-node.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { validityOf, type Instant } from '../quorum/validity.js'

/** What has to be left of a lock that is taken as it was handed over: less than that is asked for anew. */
const WORTH_HAVING = 1 / 4

/**
 * What nodes gave to a waiter by themselves when its turn came. A node did so after the last attempt if it names the
 * deadline that this attempt gave to the place; so its key lives from the beginning of the attempt for the time that
 * it tells, at the least.
 */
export class HandOver {
  /** When the last attempt began. */
  readonly #start: Instant
  /** For how long a place lasts, milliseconds. */
  readonly #life: number
  /** Until when the place lasts by the clock of each node. */
  readonly #deadlines = new Map<Member, number>()
  readonly #handed = new Map<Member, Handed>()

  constructor(start: Instant, life: number) {
    this.#start = start
    this.#life = life
  }

  /** The node has answered the attempt with a place in its queue, at `clock` by its own. */
  stands(member: Member, clock: number): void {
    this.#deadlines.set(member, clock + this.#life)
  }

  handed(member: Member, handed: Handed): void {
    this.#handed.set(member, handed)
  }

  /** The lock, if a quorum has handed it over and enough is left of its time. */
  lease(quorum: Quorum, claim: Claim, value: string): Lease | undefined {
    if (!quorum.isQuorum(this.#handed.size)) return undefined
    const { ttl, driftFactor } = claim.options
    const tally = quorum.newTally()
    let shortest = ttl
    for (const [member, { remaining, deadline }] of this.#handed) {
      if (member.admission.obstacle !== undefined || this.#deadlines.get(member) !== deadline) continue
      tally.put(member.index, { vote: 'granted' }, 0)
      shortest = Math.min(shortest, remaining)
    }
    if (!tally.isWon) return undefined
    tally.outcome = 'won'
    const now = quorum.now()
    const lease = new Lease(claim, value, undefined, now, tally, validityOf(shortest, driftFactor))
    lease.since = this.#start
    lease.isProvisional = true
    const enough = WORTH_HAVING * validityOf(Math.min(ttl, this.#life), driftFactor)
    return lease.remaining(now) >= enough ? lease : undefined
  }
}
