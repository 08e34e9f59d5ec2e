import type { MarkCommand } from '../node/commands.js'
import type { Greeting, MarkerSighting, NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { request } from './request.js'
import { stampOf } from './agreement.js'
import { seatOfStay, stampAfter, withSeat } from './seats.js'
import { greetingOf, type Fleet, type Survey } from './survey.js'

/** For orders that need no knowledge of the fleet. */
const NO_FLEET: Fleet = { fleet: '', seats: '', longestTtl: 0, highestToken: 0 }

/** A client that works on a node has this long to announce itself again, milliseconds. */
const CLAIM_LIFE = 5_000

/** A founder has this long to look again, milliseconds. */
const PLANT_LIFE = 10_000

/** A quarantine of a node that ends only once: after another loss of data the stamp is another one. */
export interface Stay {
  readonly member: Member
  readonly run: string
  readonly stamp: string
}

/** The commands by which a node writes its marker. Each has a condition that the node checks, so clients cannot race. */
export class MarkerOrders {
  readonly #quorum: Quorum
  readonly #marker: string
  readonly #enterIfValid: (member: Member, greeting: Greeting) => boolean

  constructor(
    quorum: Quorum,
    markerKey: string,
    enterIfValid: (member: Member, greeting: Greeting) => boolean,
  ) {
    this.#quorum = quorum
    this.#marker = markerKey
    this.#enterIfValid = enterIfValid
  }

  /** What is planted on a node tells its founder whether it was emptied since. */
  plant(member: Member): Promise<Greeting | undefined> {
    return this.#order(member, this.#mark('plant', NO_FLEET, '', { seat: member.name, duration: PLANT_LIFE }))
  }

  /** Writes the first marker of a node that is as `greeting` showed it. */
  found(member: Member, greeting: Greeting, fleet: Fleet): Promise<Greeting | undefined> {
    const { seats } = fleet
    const known = { stamp: stampOf(greeting) ?? '', seats, replaced: greeting.marker?.seats }
    return this.#order(member, this.#mark('found', fleet, greeting.run, known))
  }

  /** Lets a node vote in this fleet that was founded, and is as `greeting` showed it. */
  open(member: Member, { marker }: Greeting, fleet: Fleet): Promise<Greeting | undefined> {
    const known = { stamp: marker?.stamp ?? '', seats: fleet.seats, replaced: marker?.seats }
    return this.#order(member, this.#mark('open', { ...NO_FLEET, fleet: fleet.fleet }, '', known))
  }

  /** `superseded` is the stamp of a marker whose seat another server has taken. */
  async quarantine(
    member: Member,
    fleet: Fleet,
    run: string,
    duration: number,
    superseded?: string,
  ): Promise<void> {
    const known = { duration, seats: fleet.seats, replaced: superseded }
    await this.#order(member, this.#mark('quarantine', fleet, run, known))
  }

  /** Tells a node with this marker who holds the seats, so that it refuses clients that know less. */
  async seats(member: Member, { stamp, seats: replaced }: MarkerSighting, seats: string): Promise<void> {
    const next = stampAfter(stamp)
    await this.#order(member, this.#mark('seats', NO_FLEET, '', { stamp, replaced, seats, next }))
  }

  /** As `seats`, where it makes no difference to clients that know less. */
  async note(member: Member, { stamp, seats: replaced }: MarkerSighting, seats: string): Promise<void> {
    const known = { stamp, replaced, seats, next: stamp }
    await this.#order(member, this.#mark('seats', NO_FLEET, '', known), 'background')
  }

  async shorten(member: Member, run: string, duration: number): Promise<void> {
    await this.#order(member, this.#mark('shorten', NO_FLEET, run, { duration }))
  }

  /** The node has entered one of these seats, if its fleet has any. */
  async admit({ member, run, stamp }: Stay, fleet: Fleet): Promise<void> {
    await this.#order(member, this.#mark('admit', fleet, run, { stamp, ...seatedIn(fleet.seats, stamp) }))
  }

  /** Announces who restores a node. The greeting tells who does: it may be another client. */
  claim({ member, run, stamp }: Stay, by: string, progress: number): Promise<Greeting | undefined> {
    const claim = { by, progress }
    const command = this.#mark('claim', NO_FLEET, run, { stamp, claim, duration: CLAIM_LIFE })
    return this.#order(member, command, 'background')
  }

  /** `known` is what the other nodes know. */
  async restored({ member, run, stamp }: Stay, known: Survey, seats: string): Promise<void> {
    const { highestToken, longestTtl } = known
    const fleet = { ...NO_FLEET, highestToken, longestTtl }
    const order = this.#mark('restored', fleet, run, { stamp, ...seatedIn(seats, stamp) })
    await this.#order(member, order, 'background')
  }

  /** The only order that a person gives, and therefore the only one that rejects. */
  lift(member: Member, seats: string): Promise<void> {
    const { marker } = member
    const known = marker && { stamp: marker.stamp, ...seatedIn(seats, marker.stamp) }
    return new Promise((resolve, reject) => {
      const obstacle = member.submit(this.#mark('lift', NO_FLEET, '', known), (reply) => {
        if (reply.vote !== 'granted') {
          reject(new Error(`${member.name} refused to lift its quarantine: ${reply.reason}`))
          return
        }
        const greeting = greetingOf(reply)
        if (greeting !== undefined) this.#enterIfValid(member, greeting)
        resolve()
      })
      if (obstacle !== undefined) reject(new Error(`${member.name} is unavailable: ${obstacle.reason}`))
    })
  }

  async #order(
    member: Member,
    command: MarkCommand,
    purpose: 'awaited' | 'background' = 'awaited',
  ): Promise<Greeting | undefined> {
    const quorum = this.#quorum
    const heed = (reply: NodeReply): void => {
      const greeting = greetingOf(reply)
      if (greeting !== undefined) this.#enterIfValid(member, greeting)
    }
    const reply = await request(quorum, member, command, { patience: quorum.nodeTimeout, purpose, heed })
    return reply === undefined ? undefined : greetingOf(reply)
  }

  #mark(mode: MarkCommand['mode'], fleet: Fleet, run: string, more: Partial<MarkCommand> = {}): MarkCommand {
    return {
      kind: 'mark',
      marker: this.#marker,
      mode,
      fleet: fleet.fleet,
      run,
      stamp: this.#quorum.random.id(),
      longestTtl: fleet.longestTtl,
      floor: fleet.highestToken,
      duration: 0,
      ...more,
    }
  }
}

/** How the marker of a node is written that has entered one of these seats. No other claim may outrank that of a node that votes. */
function seatedIn(seats: string, stamp: string): Pick<MarkCommand, 'seats' | 'next'> {
  const claim = seatOfStay(seats, stamp)
  if (claim === undefined) return {}
  return { seats: withSeat(seats, { ...claim, isTaken: true }), next: stampAfter(stamp) }
}
