import type { Copy, NodeCommand } from '../node/commands.js'
import type { ListedLock, NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { MarkerOrders, Stay } from './marker-orders.js'
import { Leftover, Merge } from './merge.js'
import { request } from './request.js'
import { misfitOf } from './agreement.js'
import type { Seating } from './seating.js'
import { stayOf } from './seats.js'
import { isWitness, surveyOf, type Survey } from './survey.js'

/** Keys that a node looks at, or writes, at a time. */
const PAGE = 500
/** A node with more pages is not listed. */
const MOST_PAGES = 2_000
/** A page that took longer is followed by a pause of the same length, milliseconds. */
const SLOW_PAGE = 5
const PATIENCE = 3_000
/** How often tidying is tried again, because too few witnesses could be listed or what they know has changed. */
const MOST_PASSES = 5

/** How far the work is when all is listed. */
const LISTED = 0.5

export type RestoringOutcome = 'restored' | 'too few witnesses' | 'cannot list' | 'interrupted'

/** Called with each lock of a node. */
type Take = (lock: ListedLock, clock: number, member: Member) => void

export interface RestorerContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  readonly seating: Seating
  /** What every lock key begins with. */
  readonly prefix: string
  /** So many of the other nodes must remember. */
  readonly witnesses: number
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
  /** Announces the work once more, and how far it is; false if it is another client's now. */
  readonly goOn: (progress: number) => Promise<boolean>
  /** The node is still in the quarantine that this is the work for, or was admitted from it. */
  readonly isCurrent: () => boolean
  /** Resolves when every vote that is on its way now has arrived, or will never count. */
  readonly settle: () => Promise<void>
}

/** Gives one emptied node back what it forgot ("Restoring", steps 3 to 7). */
export class Restorer {
  readonly #context: RestorerContext
  readonly #stay: Stay
  #count = 0

  constructor(context: RestorerContext, stay: Stay) {
    this.#context = context
    this.#stay = stay
  }

  /** How many locks were given back. */
  get count(): number {
    return this.#count
  }

  async restore(): Promise<RestoringOutcome> {
    const { orders, seating, witnesses, isCurrent } = this.#context
    const { version } = seating
    const merge = new Merge()
    const { listed, isPossible } = await this.#listWitnesses((lock, _, witness) => {
      merge.absorb(lock, witness)
    })
    if (listed < witnesses) return isPossible ? 'too few witnesses' : 'cannot list'
    if (!(await this.#giveBack(merge.copies({ listed, enough: witnesses })))) return 'interrupted'
    const known = await this.#knownByOthers()
    if (known === undefined) return 'too few witnesses'
    // Witnesses that were listed while another server took a seat may know of different servers.
    if (!isCurrent() || seating.version !== version) return 'interrupted'
    await orders.restored(this.#stay, known, seating.text)
    return this.#stay.member.mayVote ? 'restored' : 'interrupted'
  }

  /**
   * What the node has of locks that were released, copied while they were on their way or read from an old snapshot, would
   * block it alone until their time is over. It goes if enough witnesses do not know it, however many others do: two
   * nodes that were restored one after the other may have a leftover from each other.
   */
  async tidy(): Promise<void> {
    const { seating, settle, witnesses } = this.#context
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const { version } = seating
      const leftovers = await this.#listOwn()
      if (leftovers.size === 0) return
      // Votes that were on their way to the others when the node was listed have arrived there after that.
      await settle()
      const { listed } = await this.#listWitnesses((lock, _, witness) => {
        leftovers.get(lock.key)?.seen(lock, witness)
      })
      const unknown = [...leftovers.values()].filter((one) => one.isUnknown({ listed, enough: witnesses }))
      for (const copies of pagesOf(unknown.map(({ copy }) => copy))) {
        const { member } = this.#stay
        const { marker } = member
        if (marker === undefined || seating.version !== version) break
        await this.#request(member, { kind: 'tidy', copies, marker })
      }
      if (listed >= witnesses && unknown.length === 0) return
    }
  }

  async #listOwn(): Promise<Map<string, Leftover>> {
    const leftovers = new Map<string, Leftover>()
    const outcome = await this.#list(this.#stay.member, ({ key, value, remaining }, clock) => {
      leftovers.set(key, new Leftover({ key, value, expiresAt: clock + remaining }))
    })
    return outcome === 'whole' ? leftovers : new Map()
  }

  /** Lists all that can be witnesses now. Resolves with how many were listed to the end. */
  async #listWitnesses(take: Take): Promise<{ listed: number; isPossible: boolean }> {
    const { members } = this.#context.quorum
    // A server under two names is one witness.
    const stays = new Set([this.#stay.stamp])
    const witnesses = members.filter(({ mayVote, marker }) => {
      if (!mayVote || marker === undefined || stays.has(stayOf(marker.stamp))) return false
      stays.add(stayOf(marker.stamp))
      return true
    })
    const outcomes = await Promise.all(witnesses.map((member) => this.#list(member, take)))
    return {
      listed: outcomes.filter((outcome) => outcome === 'whole').length,
      isPossible: !outcomes.includes('impossible'),
    }
  }

  /** All pages come over one connection and under one stamp, so a node that was listed to the end has kept its data. */
  async #list(member: Member, take: Take): Promise<'whole' | 'in part' | 'impossible'> {
    const { marker, connections } = member
    if (marker === undefined) return 'in part'
    if (member.lacks('list')) return 'impossible'
    let cursor: string | null = null
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const { prefix, goOn } = this.#context
      const reply = await this.#request(member, { kind: 'list', prefix, cursor, count: PAGE, marker })
      if (reply?.vote === 'failed' && reply.misuse === true) return 'impossible'
      if (reply?.vote !== 'granted' || reply.listing === undefined) return 'in part'
      const { clock = 0, listing } = reply
      for (const lock of listing.locks) take(lock, clock, member)
      cursor = listing.cursor
      if (cursor === null) return 'whole'
      if (!(await goOn(0)) || member.connections !== connections) return 'in part'
    }
    return 'impossible'
  }

  /** False if the node is no longer in the quarantine that this is the work for. */
  async #giveBack(copies: readonly Copy[]): Promise<boolean> {
    const { member } = this.#stay
    this.#count = 0
    for (const page of pagesOf(copies)) {
      const { marker } = member
      if (marker === undefined) return false
      const reply = await this.#request(member, { kind: 'restore', copies: page, marker })
      if (reply?.vote !== 'granted') return false
      this.#count += page.length
      const done = this.#count / copies.length
      if (!(await this.#context.goOn(LISTED + (1 - LISTED) * done))) return false
    }
    return true
  }

  /** The node forgot which tokens it had granted. The others are asked now, when every grant that it took part in is over. */
  async #knownByOthers(): Promise<Survey | undefined> {
    const { quorum, ask, witnesses } = this.#context
    const survey = surveyOf(quorum.members, await ask((tally) => tally.outstanding === 0))
    const others = [...survey.greetings].filter(
      ([member, greeting]) =>
        member !== this.#stay.member &&
        isWitness(greeting) &&
        misfitOf(quorum, member, greeting, survey) === undefined,
    )
    return others.length < witnesses ? undefined : survey
  }

  async #request(member: Member, command: NodeCommand): Promise<NodeReply | undefined> {
    const { quorum, isCurrent } = this.#context
    if (member === this.#stay.member && !isCurrent()) return undefined
    const start = quorum.clock.monotonic()
    const reply = await request(quorum, member, command, { patience: PATIENCE, purpose: 'background' })
    const took = quorum.clock.monotonic() - start
    if (took > SLOW_PAGE) await quorum.pause(took, 'background')
    return reply
  }
}

function* pagesOf<T>(all: readonly T[]): Iterable<T[]> {
  for (let start = 0; start < all.length; start += PAGE) yield all.slice(start, start + PAGE)
}
