import type { MarkerSighting } from '../node/replies.js'
import { hindered } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { FRESHNESS } from '../quorum/validity.js'
import type { Tally } from '../quorum/tally.js'
import type { MarkerOrders, Stay } from './marker-orders.js'
import { Restorer, type RestoringOutcome } from './restorer.js'

/** Clients that notice the same node wait a little, at random, so that nearly always only one of them does the work. */
const FIRST_COME = 50
/** How often the others look whether it is done, or was given up. */
const LOOK_EVERY = 250
/** A claim is renewed after this time, which is a part of its life. */
const RENEW_CLAIM = 1_000
/** Votes that were on their way when the node was emptied have arrived: see `FRESHNESS`. */
const SETTLED_AFTER = FRESHNESS * 1.01 + 50

export interface RestoringContext {
  readonly quorum: Quorum
  readonly orders: MarkerOrders
  readonly prefix: string
  /** The node has lost its data once more. */
  readonly lostAgain: (member: Member) => void
  readonly ask: (isDecided: (tally: Tally) => boolean) => Promise<Tally>
  readonly warn: (data: object, message: string) => void
  /** A node was given back so many locks, in so many milliseconds. */
  readonly restored: (member: Member, locks: number, duration: number) => void
}

/** Nodes that lost their data are given back what they forgot, each by one client ("Restoring", steps 1 and 2). */
export class Restoring {
  readonly #context: RestoringContext
  readonly #id: string
  readonly #witnesses: number
  /** The stay of each node that this client has noticed last. */
  readonly #stays = new Map<Member, string>()
  #claimedAt = -Infinity
  #closed = false

  constructor(context: RestoringContext) {
    this.#context = context
    this.#id = context.quorum.random.id()
    this.#witnesses = context.quorum.witnesses
  }

  close(): void {
    this.#closed = true
  }

  /** A member was found in quarantine. */
  noticed(member: Member, { run, stamp }: MarkerSighting): void {
    if (this.#stays.get(member) === stamp || this.#witnesses === 0) return
    this.#stays.set(member, stamp)
    void this.#attend({ member, run, stamp })
  }

  async #attend(stay: Stay): Promise<void> {
    const { quorum } = this.#context
    const since = quorum.clock.monotonic()
    await quorum.pause(FIRST_COME * quorum.random.fraction(), 'background')
    while (this.#lasts(stay)) {
      if (this.#isCurrent(stay) && (await this.#claim(stay, 0))) {
        const outcome = await this.#restore(stay, since)
        if (outcome === 'restored') return
        this.#report(stay, outcome)
        if (outcome === 'cannot list') return
      }
      await quorum.pause(LOOK_EVERY, 'background')
    }
  }

  async #restore(stay: Stay, since: number): Promise<RestoringOutcome> {
    const { quorum, restored } = this.#context
    const { member } = stay
    const { marker } = member
    await quorum.pause(since + SETTLED_AFTER - quorum.clock.monotonic(), 'background')
    if (marker?.stamp !== stay.stamp || !this.#isCurrent(stay)) return 'interrupted'
    const goOn = (progress: number): Promise<boolean> => this.#goOn(stay, progress)
    const settle = (): Promise<void> => quorum.pause(SETTLED_AFTER, 'background')
    const isCurrent = (): boolean => this.#isCurrent(stay)
    const context = { ...this.#context, witnesses: this.#witnesses, goOn, settle, isCurrent }
    const restorer = new Restorer(context, stay, marker)
    const outcome = await restorer.restore()
    if (outcome !== 'restored') return outcome
    restored(member, restorer.count, quorum.clock.monotonic() - since)
    void restorer.tidy()
    return outcome
  }

  async #goOn(stay: Stay, progress: number): Promise<boolean> {
    const now = this.#context.quorum.clock.monotonic()
    if (!this.#isCurrent(stay)) return false
    // When it is admitted, tidying goes on.
    if (stay.member.mayVote || now - this.#claimedAt < RENEW_CLAIM) return true
    this.#claimedAt = now
    return this.#claim(stay, progress)
  }

  /** False if another client does the work, or there is nothing left to do. */
  async #claim(stay: Stay, progress: number): Promise<boolean> {
    const greeting = await this.#context.orders.claim(stay, this.#id, progress)
    if (greeting === undefined) return false
    if (greeting.marker?.stamp !== stay.stamp) {
      if (this.#lasts(stay)) this.#context.lostAgain(stay.member)
      return false
    }
    return greeting.marker.claim?.by === this.#id
  }

  /** Nothing is sent to a server before it was greeted over the present connection: it may be another one. */
  #isCurrent({ member, stamp }: Stay): boolean {
    const { state, marker } = member.admission
    return !this.#closed && marker?.stamp === stamp && (state === 'quarantined' || state === 'admitted')
  }

  /** The node is still in the same quarantine, or was when its connection broke. */
  #lasts({ member, stamp }: Stay): boolean {
    const { quarantinedUntil, marker } = member.admission
    return !this.#closed && quarantinedUntil !== undefined && marker?.stamp === stamp
  }

  #report({ member }: Stay, outcome: RestoringOutcome): void {
    const { members } = this.#context.quorum
    const others = members.filter((other) => other !== member)
    const remembering = others.filter(({ mayVote, isReachable }) => mayVote && isReachable).length
    if (outcome === 'too few witnesses') {
      const hindrance = `${remembering} of the other ${others.length} nodes can tell what it forgot, ${this.#witnesses} are needed`
      member.admission = hindered(member.admission, hindrance)
    } else if (outcome === 'cannot list') {
      const hindrance =
        'other nodes cannot list their locks, so it stays out until all that it may have forgotten is over'
      member.admission = hindered(member.admission, hindrance)
      this.#context.warn({ node: member.name }, `${member.name} cannot be restored: ${hindrance}`)
    }
  }
}
