import type { MarkerSighting } from '../node/replies.js'
import { hindered } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { FRESHNESS } from '../quorum/validity.js'
import type { Tally } from '../quorum/tally.js'
import type { Entering } from './entering.js'
import type { MarkerOrders, Stay } from './marker-orders.js'
import { Restorer, type RestoringOutcome } from './restorer.js'
import type { Seating } from './seating.js'
import { stayOf } from './seats.js'

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
  readonly seating: Seating
  readonly entering: Entering
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
      const outcome = this.#isCurrent(stay) ? await this.#tryToRestore(stay, since) : undefined
      if (outcome === 'restored') return
      if (outcome !== undefined) this.#report(stay, outcome)
      if (outcome === 'cannot list') return
      await quorum.pause(LOOK_EVERY, 'background')
    }
  }

  /** `undefined` if another client does it. */
  async #tryToRestore(stay: Stay, since: number): Promise<RestoringOutcome | undefined> {
    // Not even announced, so that nobody takes a node for one that is being restored.
    if (this.#rememberingBeside(stay.member) < this.#witnesses) return 'too few witnesses'
    return (await this.#claim(stay, 0)) ? this.#restore(stay, since) : undefined
  }

  async #restore(stay: Stay, since: number): Promise<RestoringOutcome> {
    const { quorum, seating, entering, restored } = this.#context
    const { member } = stay
    if (!(await entering.enter(stay))) return 'too few witnesses'
    const { version } = seating
    // From now on nobody can win or renew a lock with the vote of the server that had the seat before.
    await quorum.pause(SETTLED_AFTER, 'background')
    if (!this.#isCurrent(stay) || seating.version !== version) return 'interrupted'
    let claimedAt = -Infinity
    const goOn = (progress: number): Promise<boolean> => {
      if (!this.#isCurrent(stay)) return Promise.resolve(false)
      const now = quorum.clock.monotonic()
      // When it is admitted, tidying goes on.
      if (member.mayVote || now - claimedAt < RENEW_CLAIM) return Promise.resolve(true)
      claimedAt = now
      return this.#claim(stay, progress)
    }
    const settle = (): Promise<void> => quorum.pause(SETTLED_AFTER, 'background')
    const isCurrent = (): boolean => this.#isCurrent(stay)
    const context = { ...this.#context, witnesses: this.#witnesses, goOn, settle, isCurrent }
    const restorer = new Restorer(context, stay)
    const outcome = await restorer.restore()
    if (outcome !== 'restored') return outcome
    restored(member, restorer.count, quorum.clock.monotonic() - since)
    void restorer.tidy()
    return outcome
  }

  /** False if another client does the work, or there is nothing left to do. */
  async #claim(stay: Stay, progress: number): Promise<boolean> {
    const greeting = await this.#context.orders.claim(stay, this.#id, progress)
    if (greeting === undefined) return false
    if (greeting.marker === null || stayOf(greeting.marker.stamp) !== stay.stamp) {
      if (this.#lasts(stay)) this.#context.lostAgain(stay.member)
      return false
    }
    return greeting.marker.claim?.by === this.#id
  }

  /** Nothing is sent to a server before it was greeted over the present connection: it may be another one. */
  #isCurrent({ member, stamp }: Stay): boolean {
    const { state, marker } = member.admission
    if (this.#closed || marker === undefined || stayOf(marker.stamp) !== stamp) return false
    return state === 'quarantined' || state === 'admitted'
  }

  /** The node is still in the same quarantine, or was when its connection broke. */
  #lasts({ member, stamp }: Stay): boolean {
    const { quarantinedUntil, marker } = member.admission
    return !this.#closed && quarantinedUntil !== undefined && marker?.stamp === stamp
  }

  #rememberingBeside(member: Member): number {
    const { members } = this.#context.quorum
    return members.filter((other) => other !== member && other.mayVote && other.isReachable).length
  }

  #report({ member }: Stay, outcome: RestoringOutcome): void {
    if (outcome === 'too few witnesses') {
      const others = this.#context.quorum.members.length - 1
      const hindrance = `${this.#rememberingBeside(member)} of the other ${others} nodes can tell what it forgot, ${this.#witnesses} are needed`
      member.admission = hindered(member.admission, hindrance)
    } else if (outcome === 'cannot list') {
      const hindrance =
        'other nodes cannot list their locks, so it stays out until all that it may have forgotten is over'
      member.admission = hindered(member.admission, hindrance)
      this.#context.warn({ node: member.name }, `${member.name} cannot be restored: ${hindrance}`)
    }
  }
}
