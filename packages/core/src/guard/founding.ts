import type { Failed, Greeting } from '../node/replies.js'
import { unsent } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { stampOf, twinsAmong } from './agreement.js'
import type { MarkerOrders } from './marker-orders.js'
import { fleetOf, foundedSeat, seatsIn, textOf, type Seat } from './seats.js'
import { surveyOf, type Fleet, type Survey } from './survey.js'

type Greetings = ReadonlyMap<Member, Greeting>

export interface FoundingContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  /** Which nodes must answer before a fleet is founded; `never`: this client only looks. */
  readonly found: 'all' | 'majority' | 'never'
  /** Asks all nodes for their markers. */
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
}

/**
 * Founds a fleet ("Founding"). Nodes that were emptied look like new ones, so none is founded while a node is away that
 * might remember. Each is told only if it is still what it was when all were looked at, and votes when all were told. A
 * founder that stops halfway leaves nodes that do not vote; the next one takes them up.
 */
export class Founding {
  readonly #context: FoundingContext

  constructor(context: FoundingContext) {
    this.#context = context
  }

  /** Resolves with why the nodes that answered cannot be founded; with nothing if they were, or must be asked again. */
  async found({ greetings }: Survey): Promise<Failed | undefined> {
    const { quorum, orders, found } = this.#context
    if (found === 'never') return unsent('it is new, and no client has founded its fleet yet')
    if (found === 'all' && greetings.size < quorum.members.length) return waitingFor(quorum, greetings)
    const first = await each(greetings.keys(), (member) => orders.plant(member))
    const twins = twinsAmong(first)
    if (twins !== undefined) return twins
    if (first.size < greetings.size || ![...first.values()].every(isNew)) return undefined
    const fleet = this.#fleetOf(first)
    if (!(await this.#areStill(first))) return undefined
    const told = await each(first.keys(), (member) => {
      return orders.found(member, first.get(member) as Greeting, fleet)
    })
    const areFounded = [...told.values()].every(({ marker }) => marker?.seats === fleet.seats)
    if (told.size < first.size || !areFounded) return undefined
    await each(told.keys(), (member) => orders.open(member, told.get(member) as Greeting, fleet))
    return undefined
  }

  /** The second look: nobody was emptied, founded or opened in the meantime. */
  async #areStill(first: Greetings): Promise<boolean> {
    const { quorum, ask } = this.#context
    const { greetings, fleet } = surveyOf(quorum.members, await ask((tally) => tally.outstanding === 0))
    if (fleet !== undefined) return false
    for (const [member, before] of first) {
      const now = greetings.get(member)
      if (now === undefined || !isNew(now) || stampOf(now) !== stampOf(before)) return false
      if (now.run !== before.run || now.marker?.seats !== before.marker?.seats) return false
    }
    return true
  }

  #fleetOf(first: Greetings): Fleet {
    const { quorum } = this.#context
    const seats = quorum.members.map((member) => seatOf(member, first.get(member)))
    // Where founders have given one name to two nodes, each keeps the name that it has here.
    const areDifferent = new Set(seats.map(({ name }) => name)).size === seats.length
    const named = areDifferent
      ? seats
      : seats.map((seat, index) => ({ ...seat, name: quorum.names[index] as string }))
    const text = textOf({ quorum: quorum.size, seats: named })
    return { fleet: fleetOf(text), seats: text, longestTtl: 0, highestToken: 0 }
  }
}

/** It has no marker, or one that was founded only; and it is known by something. */
function isNew(greeting: Greeting): boolean {
  return greeting.marker?.opened !== true && stampOf(greeting) !== undefined
}

/** A node keeps the name that its first founder has for it, so that others write the same seats. */
function seatOf({ name }: Member, greeting: Greeting | undefined): Seat {
  if (greeting === undefined) return foundedSeat(name, '', '')
  const stay = stampOf(greeting) ?? ''
  const known = seatsIn(greeting.marker?.seats ?? '')?.seats.find((seat) => seat.stay === stay)
  return foundedSeat(greeting.planted?.seat ?? known?.name ?? name, greeting.run, stay)
}

function waitingFor({ members }: Quorum, greetings: Greetings): Failed {
  const missing = members.filter((member) => !greetings.has(member)).map(({ name }) => name)
  return unsent(
    `it knows of no fleet, so it is new or has lost its data, and ${missing.join(', ')} cannot be asked`,
    `Bring ${missing.join(', ')} back; or, if no lock can be held yet because all nodes are new, found the fleet without: quorumlock nodes found, or the option found: 'majority'`,
  )
}

/** The answers, of those who have answered. */
async function each(
  members: Iterable<Member>,
  order: (member: Member) => Promise<Greeting | undefined>,
): Promise<Greetings> {
  const answers = new Map<Member, Greeting>()
  await Promise.all(
    [...members].map(async (member) => {
      const greeting = await order(member)
      if (greeting !== undefined) answers.set(member, greeting)
    }),
  )
  return answers
}
