import type { Failed, MarkerSighting } from '../node/replies.js'
import { excluded, unseated, unsent } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { publishNodeChange } from '../telemetry/events.js'
import { disagreement, sameServer } from './agreement.js'
import type { MarkerOrders } from './marker-orders.js'
import { merged, nameSameServers, seatOfStay, seatsIn, stayOf } from './seats.js'
import type { Survey } from './survey.js'

const SUPERSEDED = unsent(
  'its seat was taken by another server',
  'Connect to the server that has taken its place; if this one is to take it back, restart it',
)

export interface SeatingContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  readonly warn: (data: object, message: string) => void
  /** Calls wait until the member has been told who holds the seats. */
  readonly expect: (member: Member) => void
  readonly checked: (member: Member) => void
}

/**
 * Who holds which seat, as far as this client knows ("Seats"). It counts members together only if all their markers name the
 * same servers: whoever knows of a later one is learned from, and the others are told.
 */
export class Seating {
  readonly #context: SeatingContext
  readonly #seen = new Map<Member, MarkerSighting>()
  /** The connection over which each member was greeted as one that holds its seat, or as one that was told that it does not. */
  readonly #greetedOver = new Map<Member, number>()
  readonly #telling = new Map<Member, Promise<void>>()
  #fleet = ''
  #text = ''
  #version = 0

  constructor(context: SeatingContext) {
    this.#context = context
  }

  /** Empty before a member was seen, and for a fleet that was founded before seats were written down. */
  get text(): string {
    return this.#text
  }

  /** The marker of the member when it was seen last. */
  lastSeen(member: Member): MarkerSighting | undefined {
    return this.#seen.get(member)
  }

  /** Another one whenever another server has taken a seat. */
  get version(): number {
    return this.#version
  }

  get fleet(): string {
    return this.#fleet
  }

  /** Why this client can never count the member beside those that it counts. */
  misfitOf(member: Member, { stamp, seats }: MarkerSighting): Failed | undefined {
    const { quorum } = this.#context
    const stay = stayOf(stamp)
    const twin = this.#counted.find(
      (other) => other !== member && other.marker !== undefined && stayOf(other.marker.stamp) === stay,
    )
    return disagreement(quorum, seatsIn(seats)) ?? (twin === undefined ? undefined : sameServer(twin, member))
  }

  /** Nodes of different fleets are never counted together. */
  isAtOdds(member: Member, { fleet, seats }: MarkerSighting): boolean {
    return this.#counted.some((other) => {
      const known = this.#seen.get(other)
      return (
        other !== member && seats !== '' && known !== undefined && known.seats !== '' && known.fleet !== fleet
      )
    })
  }

  /** Members of another fleet than the survey found, which did not answer it: they must be asked again. */
  strangersTo({ fleet, seats, greetings }: Survey): Member[] {
    if (!this.#context.quorum.isQuorum(greetings.size)) return []
    return this.#counted.filter((member) => {
      const known = this.#seen.get(member)
      if (seats === '' || known === undefined || known.seats === '') return false
      return known.fleet !== fleet && !greetings.has(member)
    })
  }

  /**
   * What becomes of a member with a valid marker. `returned`: another server has taken its seat, and since then this
   * client was connected to it, so it may take the seat back.
   */
  place(member: Member, marker: MarkerSighting): 'seated' | 'pending' | 'returned' {
    // Otherwise a node that refuses to be told would be told again and again without a pause.
    const wasRefused = this.#telling.has(member) && this.#seen.get(member)?.stamp === marker.stamp
    this.#note(member, marker)
    this.learn(marker.fleet, marker.seats)
    if (this.#text === '' || marker.quarantine !== null) return 'seated'
    if (seatOfStay(this.#text, marker.stamp) === undefined) return this.#supersede(member, marker)
    this.#greetedOver.set(member, member.connections)
    if (nameSameServers(this.#text, marker.seats)) return 'seated'
    if (!wasRefused) this.#unseat(member)
    return 'pending'
  }

  /** What a node or another client knows. Members that know less are not counted until they were told. */
  learn(fleet: string, text: string): void {
    const isSameFleet = fleet === this.#fleet
    const known = isSameFleet ? merged(this.#text, text) : text
    const isNews = isSameFleet && !nameSameServers(known, this.#text)
    this.#fleet = fleet
    this.#text = known
    if (!isNews && isSameFleet) return
    this.#version++
    const counted = new Set(this.#counted)
    for (const [member, seen] of this.#seen) {
      if (seen.fleet === fleet && (seen.quarantine !== null || nameSameServers(seen.seats, known))) continue
      if (isSameFleet && counted.has(member)) this.#unseat(member)
      // Also one that is away: its marker must not count beside the others before it was greeted again.
      else member.admission = unseated(member.admission)
    }
  }

  /** Offers the members that count these seats. Whoever takes them is learned from. */
  async propose(text: string): Promise<void> {
    const { orders } = this.#context
    await Promise.all(
      this.#counted.map(async (member) => {
        const seen = this.#seen.get(member)
        if (seen !== undefined && seen.quarantine === null && seen.seats !== text)
          await orders.seats(member, seen, text)
      }),
    )
  }

  /** Resolves when the member knows what this client knows, or cannot be told. */
  async told(member: Member): Promise<void> {
    for (;;) {
      const telling = this.#telling.get(member)
      if (telling === undefined) return
      await telling
    }
  }

  /** Tells members that count already what makes no difference to whom they count: that a claim is taken. */
  async spread(): Promise<void> {
    const { orders } = this.#context
    const behind = this.#counted.filter((member) => {
      const seen = this.#seen.get(member)
      return seen !== undefined && seen.quarantine === null && seen.seats !== this.#text
    })
    await Promise.all(
      behind.map((member) => orders.note(member, this.#seen.get(member) as MarkerSighting, this.#text)),
    )
  }

  get #counted(): Member[] {
    return this.#context.quorum.members.filter(
      ({ admission, node }) => admission.obstacle === undefined && node.connected,
    )
  }

  #note(member: Member, marker: MarkerSighting): void {
    const isNews = this.#seen.get(member)?.seats !== marker.seats
    this.#seen.set(member, marker)
    member.seat = seatOfStay(marker.seats, marker.stamp)?.name ?? member.seat
    const names = seatsIn(marker.seats)?.seats.map(({ name }) => name)
    if (!isNews || names === undefined || names.includes(member.name) || this.#greetedOver.has(member)) return
    this.#context.warn(
      { node: member.name, names },
      `${member.name} was not founded under this name but as one of ${names.join(', ')}: give it that name, or this client cannot let it in again after it has lost its data`,
    )
  }

  /** It must not be counted beside others before it knows the same as they. */
  #unseat(member: Member): void {
    const { orders, expect, checked } = this.#context
    const seen = this.#seen.get(member) as MarkerSighting
    member.admission = unseated(member.admission)
    expect(member)
    const telling = orders.seats(member, seen, this.#text).then(() => {
      if (this.#telling.get(member) !== telling) return
      this.#telling.delete(member)
      checked(member)
    })
    this.#telling.set(member, telling)
  }

  #supersede(member: Member, marker: MarkerSighting): 'pending' | 'returned' {
    const isTold = seatOfStay(marker.seats, marker.stamp) === undefined
    const { connections } = member
    // The same server with data from before: it has lost what it knew since.
    if (seatsIn(this.#text)?.seats.some(({ run }) => run !== '' && run === marker.run) === true)
      return 'returned'
    if (isTold && this.#greetedOver.get(member) !== connections) return 'returned'
    if (member.admission.obstacle !== SUPERSEDED) publishNodeChange(member.name, 'replaced')
    this.#greetedOver.set(member, connections)
    member.admission = excluded(unseated(member.admission), SUPERSEDED)
    if (!isTold) void this.#context.orders.seats(member, marker, this.#text)
    return 'pending'
  }
}
