import type { Appointment } from '../agenda.js'
import type { Greeting, MarkerSighting } from '../node/replies.js'
import { hindered, prolonged } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { misfitOf } from './agreement.js'
import type { Entering } from './entering.js'
import type { MarkerOrders, Stay } from './marker-orders.js'
import type { Seating } from './seating.js'
import { isWitness, surveyOf } from './survey.js'

const ADMISSION_RETRY = 250
/** For the clocks of the nodes: a quarantine ends a little after the longest lease. */
const MARGIN = 1.05
const MARGIN_MS = 10

/** How long a node stays out that may have forgotten locks of up to `longestTtl`, milliseconds. */
export function quarantineFor(longestTtl: number): number {
  return Math.ceil(longestTtl * MARGIN) + MARGIN_MS
}

export interface QuarantineContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  readonly seating: Seating
  readonly entering: Entering
  /** Whether somebody else tells why the node is not admitted. */
  readonly restores: boolean
  /** Asks all nodes for their markers. */
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
  readonly enterIfValid: (member: Member, greeting: Greeting) => boolean
}

/** The end of quarantines: when a node that lost its data is admitted again, and with what knowledge. */
export class Quarantine {
  readonly #context: QuarantineContext
  /** When each of them will be looked at next. */
  readonly #due = new Map<Member, Appointment>()
  #closed = false

  constructor(context: QuarantineContext) {
    this.#context = context
  }

  close(): void {
    this.#closed = true
    for (const due of this.#due.values()) due.cancel()
  }

  /** A member was found in quarantine. */
  began(member: Member, { run, stamp, quarantine, longestTtl }: MarkerSighting, now: number): void {
    // Otherwise whoever restores it sees to that.
    if (!this.#context.restores) void this.#context.entering.enter({ member, run, stamp })
    const wait = Math.min(quarantine ?? 0, quarantineFor(longestTtl))
    this.#admitAt(member, now + wait + 1)
  }

  /** It may vote again, whoever has seen to that. */
  ended(member: Member): void {
    this.#due.get(member)?.cancel()
    this.#due.delete(member)
  }

  /**
   * The time of a quarantine is over. The node forgot which tokens it had granted, so it is admitted with the highest
   * one that the others know, asked now, when every grant that it took part in has ended.
   */
  async #admit(member: Member): Promise<void> {
    if (this.#closed || member.admission.quarantinedUntil === undefined) return
    // Not counted by this client, perhaps for a while only.
    if (member.admission.obstacle?.misuse === true) {
      this.#admitLater(member)
      return
    }
    const { quorum, orders, seating, entering, ask, enterIfValid } = this.#context
    const { members } = quorum
    const survey = surveyOf(members, await ask((tally) => tally.outstanding === 0))
    const here = [...survey.greetings].filter(
      ([other, greeting]) => misfitOf(quorum, other, greeting, survey) === undefined,
    )
    // One that is in quarantine itself may have forgotten the same as this one. Where nobody is away, somebody knows.
    const witnesses = here.filter(([other, greeting]) => other !== member && isWitness(greeting)).length
    const own = survey.greetings.get(member)
    const isKnown = witnesses >= quorum.witnesses || here.length === members.length
    if (own?.marker?.quarantine === 0 && isKnown) {
      const { fleet, run, stamp } = own.marker
      const stay = { member, run, stamp }
      if ((await entering.enter(stay)) && this.#wasLongEnough(stay, survey.longestTtl)) {
        await orders.admit(stay, { ...survey, fleet, seats: entering.seatsWith(stay) })
        await seating.spread()
      }
    } else if (own !== undefined && !(await this.#shorten(member, own, survey.longestTtl))) {
      enterIfValid(member, own)
    }
    if (!isKnown && !this.#context.restores) this.#hinder(member, witnesses)
    // Ended by the order or by another client; otherwise it is tried again.
    this.#admitLater(member)
  }

  /**
   * A node counts its quarantine by its own clock. A clock that was set back, perhaps by hours, would extend it by as
   * much; but no lock that the node forgot can outlive the longest one counted from now.
   */
  async #shorten(member: Member, { marker }: Greeting, longest: number): Promise<boolean> {
    if (marker === null || marker.quarantine === null) return false
    const duration = quarantineFor(Math.max(longest, marker.longestTtl))
    if (marker.quarantine <= duration) return false
    await this.#context.orders.shorten(member, marker.run, duration)
    return true
  }

  /**
   * The server that had the seat before may live on. It has voted until this one entered the seat, and then the locks that it
   * granted must end. And whoever imposed the quarantine may not have heard from the nodes that knew the longest lease.
   */
  #wasLongEnough(stay: Stay, longest: number): boolean {
    const { quorum, entering } = this.#context
    const until = (entering.since(stay) ?? Infinity) + quarantineFor(longest)
    if (quorum.clock.monotonic() >= until) return true
    stay.member.admission = prolonged(stay.member.admission, until)
    return false
  }

  #hinder(member: Member, remembering: number): void {
    const { members, witnesses } = this.#context.quorum
    const hindrance = `only ${remembering} of the other ${members.length - 1} nodes can tell what it forgot, and ${witnesses} are needed`
    member.admission = hindered(member.admission, hindrance)
  }

  #admitLater(member: Member): void {
    const { quarantinedUntil } = member.admission
    if (quarantinedUntil === undefined || this.#closed) return
    const { clock } = this.#context.quorum
    this.#admitAt(member, Math.max(clock.monotonic() + ADMISSION_RETRY, quarantinedUntil))
  }

  #admitAt(member: Member, time: number): void {
    this.#due.get(member)?.cancel()
    const due = this.#context.quorum.agenda.at(time, 'background', () => {
      void this.#admit(member)
    })
    this.#due.set(member, due)
  }
}
