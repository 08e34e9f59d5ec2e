import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { elapsedSince, FRESHNESS } from '../quorum/validity.js'
import type { Stay } from './marker-orders.js'
import type { Seating } from './seating.js'
import { seatOfStay, seatsIn, stayOf, withSeat, type Seat } from './seats.js'
import { isWitness, surveyOf } from './survey.js'

export interface EnteringContext {
  readonly quorum: Quorum
  readonly seating: Seating
  /** Asks all nodes for their markers. */
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
}

/**
 * A server in quarantine takes its seat, under the next incarnation, before it is let in ("A server enters a seat"). Once
 * enough of the other nodes know that, whoever still counts the server before it finds no quorum any more.
 */
export class Entering {
  readonly #context: EnteringContext
  /** The last stay of each member that has its seat, and since when (monotonic) at the latest. */
  readonly #entered = new Map<Member, { readonly stay: string; readonly since: number }>()

  constructor(context: EnteringContext) {
    this.#context = context
  }

  /**
   * Since when (monotonic) nobody can win or renew a lock with the vote of the server that had the seat before; `undefined`
   * if that is not known.
   */
  since({ member, stamp }: Stay): number | undefined {
    const entered = this.#entered.get(member)
    return entered?.stay === stayOf(stamp) ? entered.since : undefined
  }

  /** Resolves with whether enough of the other nodes know that the server has the seat. */
  async enter(stay: Stay): Promise<boolean> {
    const hasEntered = await this.#enter(stay)
    if (hasEntered && this.since(stay) === undefined) {
      const since = this.#context.quorum.clock.monotonic()
      this.#entered.set(stay.member, { stay: stayOf(stay.stamp), since })
    }
    return hasEntered
  }

  /** Who holds the seats once the server has its own. */
  seatsWith({ member, run, stamp }: Stay): string {
    const { text } = this.#context.seating
    const claim = seatOfStay(text, stamp) ?? this.#nextClaim(member, run, stayOf(stamp))
    return claim === undefined ? text : withSeat(text, claim)
  }

  async #enter({ member, run, stamp }: Stay): Promise<boolean> {
    const { quorum, seating, ask } = this.#context
    const start = quorum.now()
    const { greetings } = surveyOf(quorum.members, await ask((tally) => tally.outstanding === 0))
    for (const { marker } of greetings.values()) {
      if (marker?.opened === true && marker.fleet === seating.fleet) seating.learn(marker.fleet, marker.seats)
    }
    if (seating.text === '') return true
    const stay = stayOf(stamp)
    const known = seatOfStay(seating.text, stay)
    if (known?.isTaken === true) return true
    const claim = known ?? this.#nextClaim(member, run, stay)
    if (claim === undefined) return false
    // Known here only once a node knows it: a claim that came to nothing must not outrank the next one.
    await seating.propose(withSeat(seating.text, claim))
    await Promise.all(quorum.members.map((other) => seating.told(other)))
    if (elapsedSince(start, quorum.now()) > FRESHNESS) return false
    const voters = [...greetings].flatMap(([other, greeting]) =>
      other !== member && isWitness(greeting) ? [other] : [],
    )
    // Nobody took the claim, or another server has claimed the seat in the meantime.
    if (voters.length > 0 && seatOfStay(seating.text, stay) === undefined) return false
    const witnesses = voters.filter(({ mayVote }) => mayVote)
    if (witnesses.length < Math.max(1, quorum.witnesses)) {
      // Where nobody is away, all who vote know it, and those in quarantine will before they do.
      return greetings.size === quorum.members.length && witnesses.length === voters.length
    }
    seating.learn(seating.fleet, withSeat(seating.text, { ...claim, isTaken: true }))
    await seating.spread()
    return true
  }

  #nextClaim({ name, seat = name }: Member, run: string, stay: string): Seat | undefined {
    const before = seatsIn(this.#context.seating.text)?.seats.find((one) => one.name === seat)
    return before && { name: seat, incarnation: before.incarnation + 1, run, stay, isTaken: false }
  }
}
