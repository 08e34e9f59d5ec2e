import {
  TOMBSTONE,
  type Copy,
  type MarkerCheck,
  type NodeCommand,
  type TidyCommand,
} from '../node/commands.js'
import type { ListedLock, NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { MarkerOrders, Stay } from './marker-orders.js'
import { merge, type Listing } from './merge.js'
import { request } from './request.js'
import { isWitness, surveyOf } from './survey.js'

/** Keys that a node looks at, or writes, at a time. */
const PAGE = 500
/** A node with more pages is not listed. */
const MOST_PAGES = 2_000
/** A page that took longer is followed by a pause of the same length, milliseconds. */
const SLOW_PAGE = 5
const PATIENCE = 3_000

/** How far the work is when all is listed. */
const LISTED = 0.5

export type RestoringOutcome = 'restored' | 'too few witnesses' | 'cannot list' | 'interrupted'

/** What must still be as it was written for a copy to be taken away again. */
type Written = TidyCommand['copies'][number]

export interface RestorerContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  /** What every lock key begins with. */
  readonly prefix: string
  /** So many of the other nodes must remember. */
  readonly witnesses: number
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
  /** Announces the work once more, and how far it is; false if it is another client's now. */
  readonly goOn: (progress: number) => Promise<boolean>
}

/** Gives one emptied node back what it forgot ("Restoring", steps 3 to 7). */
export class Restorer {
  readonly #context: RestorerContext
  readonly #stay: Stay
  readonly #marker: MarkerCheck
  #written: Written[] = []

  constructor(context: RestorerContext, stay: Stay, marker: MarkerCheck) {
    this.#context = context
    this.#stay = stay
    this.#marker = marker
  }

  /** How many locks were given back. */
  get count(): number {
    return this.#written.length
  }

  async restore(): Promise<RestoringOutcome> {
    const { orders, witnesses } = this.#context
    const { listings, canList } = await this.#listWitnesses()
    if (listings.length < witnesses) return canList ? 'too few witnesses' : 'cannot list'
    if (!(await this.#giveBack(merge(listings)))) return 'interrupted'
    const highestToken = await this.#highestToken()
    if (highestToken === undefined) return 'too few witnesses'
    await orders.restored(this.#stay, highestToken)
    return this.#stay.member.mayVote ? 'restored' : 'interrupted'
  }

  /** Copies of locks that were released while they were on their way would block this node until their time is over. */
  async tidy(): Promise<void> {
    if (this.#written.length === 0) return
    const { listings } = await this.#listWitnesses()
    if (listings.length < this.#context.witnesses) return
    const leftovers = this.#written.flatMap((written) => leftoversOf(written, listings))
    for (const copies of pagesOf(leftovers)) {
      await this.#request(this.#stay.member, { kind: 'tidy', copies, marker: this.#marker })
    }
  }

  /** All locks of every witness that could list them to the end. */
  async #listWitnesses(): Promise<{ listings: Listing[]; canList: boolean }> {
    const { members } = this.#context.quorum
    const witnesses = members.filter((member) => member !== this.#stay.member && member.mayVote)
    const listed = await Promise.all(witnesses.map((member) => this.#listOf(member)))
    return {
      listings: listed.filter((listing) => typeof listing === 'object'),
      canList: !listed.includes('cannot list'),
    }
  }

  /** Nothing if the node cannot be a witness now. All pages are asked for under one stamp, so it has kept its data meanwhile. */
  async #listOf(member: Member): Promise<Listing | 'cannot list' | undefined> {
    const { marker } = member
    if (marker === undefined) return undefined
    if (member.lacks('list')) return 'cannot list'
    const found = new Map<string, ListedLock>()
    let cursor: string | null = null
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const { prefix } = this.#context
      const reply = await this.#request(member, { kind: 'list', prefix, cursor, count: PAGE, marker })
      if (reply?.vote === 'failed') return 'cannot list'
      if (reply?.vote !== 'granted' || reply.listing === undefined) return undefined
      for (const lock of reply.listing.locks) found.set(lock.key, lock)
      cursor = reply.listing.cursor
      if (cursor === null) return found
      if (!(await this.#context.goOn(0))) return undefined
    }
    return 'cannot list'
  }

  /** False if the node is no longer in the quarantine that this is the work for. */
  async #giveBack(copies: readonly Copy[]): Promise<boolean> {
    const { member } = this.#stay
    this.#written = []
    for (const page of pagesOf(copies)) {
      const reply = await this.#request(member, { kind: 'restore', copies: page, marker: this.#marker })
      if (reply?.vote !== 'granted' || reply.lives === undefined) return false
      const { lives, clock = 0 } = reply
      this.#written.push(
        ...page.map(({ key, value }, index) => ({ key, value, expiresAt: clock + (lives[index] as number) })),
      )
      const done = this.#written.length / copies.length
      if (!(await this.#context.goOn(LISTED + (1 - LISTED) * done))) return false
    }
    return true
  }

  /** The node forgot which tokens it had granted. The others are asked now, when every grant that it took part in is over. */
  async #highestToken(): Promise<number | undefined> {
    const { quorum, ask, witnesses } = this.#context
    const { greetings } = surveyOf(quorum.members, await ask((tally) => tally.outstanding === 0))
    const others = [...greetings].filter(
      ([member, greeting]) => member !== this.#stay.member && isWitness(greeting),
    )
    if (others.length < witnesses) return undefined
    return Math.max(...[...greetings.values()].map(({ marker }) => marker?.highestToken ?? 0))
  }

  async #request(member: Member, command: NodeCommand): Promise<NodeReply | undefined> {
    const { quorum } = this.#context
    const start = quorum.clock.monotonic()
    const reply = await request(quorum, member, command, { patience: PATIENCE, purpose: 'background' })
    const took = quorum.clock.monotonic() - start
    if (took > SLOW_PAGE) await quorum.pause(took, 'background')
    return reply
  }
}

/** What may go of a copy: the value, if no witness has it or a tombstone; a tombstone, if no witness has anything. */
function leftoversOf(written: Written, listings: readonly Listing[]): Written[] {
  const seen = listings.flatMap((listing) => listing.get(written.key)?.value ?? [])
  const tombstone = { ...written, value: TOMBSTONE }
  if (seen.length === 0) return written.value === TOMBSTONE ? [written] : [written, tombstone]
  const isKnown = written.value === TOMBSTONE || seen.includes(written.value) || seen.includes(TOMBSTONE)
  return isKnown ? [] : [written]
}

function* pagesOf<T>(all: readonly T[]): Iterable<T[]> {
  for (let start = 0; start < all.length; start += PAGE) yield all.slice(start, start + PAGE)
}
