import type { Appointment } from '../agenda.js'
import { BackOff } from '../back-off.js'
import type { Greeting, NodeReply } from '../node/replies.js'
import {
  excluded,
  marked,
  progressOf,
  quarantined,
  unchecked,
  unfounded,
  unsent,
} from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { publishNodeChange } from '../telemetry/events.js'
import { misfitOf } from './agreement.js'
import { Entering } from './entering.js'
import { Founding } from './founding.js'
import { MarkerOrders } from './marker-orders.js'
import { Quarantine, quarantineFor } from './quarantine.js'
import { Readiness } from './readiness.js'
import { Restoring } from './restoring.js'
import { Seating } from './seating.js'
import { fleetOf, isSameList, seatOfStay } from './seats.js'
import { greetingOf, isKept, isValid, isWitness, surveyOf, type Survey } from './survey.js'

const FIRST_RETRY = 50
const LONGEST_RETRY = 5_000

const MOST_FOUNDINGS = 5

/** Two looks and two orders. Bounded, because connections that break again and again would start them over forever. */
const MOST_TIMEOUTS = 5

const FOUNDED_ELSEWHERE = unsent('it is being founded with other nodes than its fleet has')

const UNJUDGED = unsent('too few nodes responded to tell whether it has lost data')

export interface GuardContext {
  readonly quorum: Quorum
  /** The client's own TTL where a call gives none, milliseconds. */
  readonly ttl: number
  readonly markerKey: string
  /** What every lock key begins with. */
  readonly prefix: string
  /** Whether nodes that lost their data are given back what they forgot. */
  readonly restores: boolean
  /** Which nodes must answer before a new fleet is founded. */
  readonly found: 'all' | 'majority' | 'never'
  readonly warn: (data: object, message: string) => void
  /** A node was given back so many locks, in so many milliseconds. */
  readonly restored: (member: Member, locks: number, duration: number) => void
  /** The node may vote from now on. */
  readonly admitted: (member: Member) => void
}

/**
 * Keeps nodes that lost their data out of quorums ("Nodes that lost their data"). A node votes only once its marker was
 * seen over the present connection; the node itself refuses every client that does not know its marker.
 */
export class Guard {
  readonly #context: GuardContext
  readonly #readiness: Readiness
  readonly #orders: MarkerOrders
  readonly #quarantine: Quarantine
  readonly #founding: Founding
  readonly #restoring: Restoring | undefined
  readonly #backOff = new BackOff(FIRST_RETRY, LONGEST_RETRY)
  readonly #seating: Seating
  readonly #entering: Entering
  /** In a row, since a node has connected. */
  #foundings = 0
  #surveying = false
  /** Something has changed since the survey in flight began. */
  #surveyRequested = false
  #retry: Appointment | undefined
  #closed = false

  constructor(context: GuardContext) {
    this.#context = context
    const { quorum, markerKey } = context
    const enterIfValid = this.#enterIfValid.bind(this)
    this.#readiness = new Readiness(quorum)
    this.#orders = new MarkerOrders(quorum, markerKey, enterIfValid)
    const ask = (isDecided: (tally: Tally) => boolean): Promise<Tally> => this.#ask(isDecided)
    const orders = this.#orders
    const seating = new Seating({
      quorum,
      orders,
      warn: context.warn,
      expect: (member) => {
        this.#readiness.expect(member)
      },
      checked: (member) => {
        this.#checked(member)
        if (member.admission.obstacle !== undefined) this.#scheduleSurvey()
      },
    })
    const entering = new Entering({ quorum, seating, ask })
    this.#seating = seating
    this.#entering = entering
    this.#quarantine = new Quarantine({ ...context, orders, seating, entering, ask, enterIfValid })
    this.#founding = new Founding({ ...context, orders, ask })
    if (context.restores) {
      const lostAgain = this.examine.bind(this)
      this.#restoring = new Restoring({ ...context, orders, seating, entering, ask, lostAgain })
    }
    for (const member of quorum.members) member.admission = unchecked(member.admission)
  }

  /** A new connection, or a node that reports that it has no marker: it does not vote until that is cleared up. */
  examine(member: Member): void {
    this.#backOff.reset()
    this.#foundings = 0
    member.admission = unchecked(member.admission)
    this.#readiness.expect(member)
    this.#requestSurvey()
  }

  /**
   * While something is held: a node that was emptied behind its connection and is not asked for locks is found too, and a
   * server that took the place of another behind a proxy.
   */
  examineAll(): void {
    const { quorum, markerKey } = this.#context
    for (const member of quorum.members) {
      const { marker } = member
      if (!member.mayVote || !member.isReachable) continue
      member.greet(markerKey, (greeting) => {
        if (greeting === undefined || member.marker !== marker) return
        if (!isWitness(greeting) || greeting.marker?.stamp !== marker?.stamp) this.examine(member)
      })
    }
  }

  /** Resolves when the members are checked as far as they can be; `undefined` when there is nothing to wait for. */
  ready(limit: number = MOST_TIMEOUTS * this.#context.quorum.nodeTimeout): Promise<void> | undefined {
    if (this.#readiness.isOpen) return undefined
    if (!this.#surveying) this.#startSurvey()
    return this.#readiness.wait(limit)
  }

  /** An operator confirms that the node may vote again at once. */
  async lift(member: Member): Promise<void> {
    await this.ready()
    const { obstacle, state, marker } = member.admission
    if (obstacle?.misuse === true)
      throw new Error(`${member.name} is not counted by this client: ${obstacle.reason}`)
    // Those that can be asked know then that it has the seat, even if they are too few.
    if (state === 'quarantined') {
      const stay = { member, run: this.#seating.lastSeen(member)?.run ?? '', stamp: marker.stamp }
      await this.#entering.enter(stay)
      await this.#orders.lift(member, this.#entering.seatsWith(stay))
    } else await this.#orders.lift(member, '')
  }

  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    this.#quarantine.close()
    this.#restoring?.close()
    this.#readiness.resolveWaiting()
  }

  #requestSurvey(): void {
    if (this.#surveying) this.#surveyRequested = true
    else this.#startSurvey()
  }

  #startSurvey(): void {
    const readiness = this.#readiness
    if (this.#closed) {
      readiness.resolveWaiting()
      return
    }
    this.#surveying = true
    this.#surveyRequested = false
    this.#retry?.cancel()
    this.#retry = undefined
    void this.#survey().then(() => {
      this.#surveying = false
      // While nodes join one after another, a survey that came too early for the second one has found out nothing.
      if (readiness.isChecked ? !this.#surveyRequested || readiness.isOpen : readiness.isSettled) {
        readiness.resolveWaiting()
      }
      if (this.#surveyRequested) this.#startSurvey()
      else if (this.#context.quorum.members.some(isConnectedNonVoter)) this.#scheduleSurvey()
    })
  }

  #scheduleSurvey(): void {
    const { agenda, clock } = this.#context.quorum
    this.#retry ??= agenda.at(clock.monotonic() + this.#backOff.pause, 'background', () => {
      this.#retry = undefined
      this.#backOff.lengthen()
      this.#requestSurvey()
    })
  }

  async #survey(): Promise<void> {
    const { quorum } = this.#context
    const { members } = quorum
    const seen: { decide?: (member: Member, greeting: Greeting) => Promise<void> } = {}
    const conclude = async (member: Member, reply: NodeReply): Promise<void> => {
      const greeting = greetingOf(reply)
      if (greeting !== undefined) await seen.decide?.(member, greeting)
      await this.#seating.told(member)
      this.#checked(member)
    }
    // A fleet is new only if no node has a marker, so all nodes are waited for, within the deadline of the round.
    const tally = await this.#ask(
      (soFar) => {
        if (!soFar.isAnswered) return false
        const { agrees, remembering } = surveyOf(members, soFar)
        return agrees && quorum.isBlocking(remembering)
      },
      (member, reply) => {
        // A straggler is judged by what the others reported. Before that was evaluated it counts among them.
        if (seen.decide !== undefined) void conclude(member, reply)
      },
    )
    const survey = surveyOf(members, tally)
    for (const member of this.#seating.strangersTo(survey)) member.admission = unchecked(member.admission)
    const isNew = survey.fleet === undefined && quorum.isQuorum(survey.greetings.size)
    const unfit = isNew ? await this.#founding.found(survey) : undefined
    // Founders that meet look again at once; a node that refuses its orders is not asked without a pause.
    const looksAgain = isNew && ++this.#foundings < MOST_FOUNDINGS
    seen.decide = async (member, greeting) => {
      const misfit = misfitOf(quorum, member, greeting, survey)
      if (misfit !== undefined) member.admission = excluded(member.admission, misfit)
      else if (this.#enterIfValid(member, greeting)) return
      else if (!quorum.isQuorum(survey.greetings.size)) {
        member.admission = excluded(member.admission, UNJUDGED)
      } else if (survey.fleet !== undefined) await this.#judge(member, greeting, survey, survey.fleet)
      else if (unfit !== undefined) member.admission = unfounded(member.admission, unfit)
      else if (member.admission.state === 'unchecked') this.#surveyRequested ||= looksAgain
    }
    const responders = members.filter((member) => tally.replies[member.index] !== undefined)
    await Promise.all(responders.map((member) => conclude(member, tally.replies[member.index] as NodeReply)))
  }

  #ask(
    isDecided: (tally: Tally) => boolean,
    late?: (member: Member, reply: NodeReply) => void,
  ): Promise<Tally> {
    const { quorum, markerKey } = this.#context
    return quorum.round(() => ({ kind: 'greet', marker: markerKey }), { isDecided, late })
  }

  /** What to do with a node of a known fleet, given what it reports and what the others report. */
  async #judge(member: Member, greeting: Greeting, survey: Survey, fleet: string): Promise<void> {
    const { marker } = greeting
    const isNamed = marker !== null && seatOfStay(survey.seats, marker.stamp) !== undefined
    if (marker?.opened === false && isKept(greeting) && isNamed) {
      if (fleetOf(marker.seats) !== fleet) {
        member.admission = excluded(member.admission, FOUNDED_ELSEWHERE)
        if (!isSameList(marker.seats, survey.seats) || !(await this.#isStillOpen(survey))) return
      }
      await this.#orders.open(member, greeting, { ...survey, fleet })
      return
    }
    const superseded = isValid(greeting) ? marker?.stamp : undefined
    const lost =
      superseded !== undefined
        ? 'another server had taken its seat, and does not know of locks since then'
        : marker?.opened !== true
          ? 'it has lost its data'
          : 'it was restarted and may have lost its last writes'
    // Where too few nodes know the longest lease, the client's own TTL stands for that of other clients.
    const { quorum } = this.#context
    const isKnown = quorum.isBlocking(survey.remembering) || survey.greetings.size === quorum.members.length
    const longestTtl = isKnown ? survey.longestTtl : Math.max(survey.longestTtl, this.#context.ttl)
    const duration = quarantineFor(longestTtl)
    // Where nothing was ever granted nothing was lost: a new fleet whose nodes come up one after another.
    if (longestTtl > 0) {
      this.#context.warn({ node: member.name, duration }, `${member.name} stays out of quorums: ${lost}`)
    }
    await this.#orders.quarantine(
      member,
      { ...survey, fleet, longestTtl },
      greeting.run,
      duration,
      superseded,
    )
  }

  /**
   * A node that was founded with these seats, and then again with others, may still vote with these if another one does:
   * the others can never be complete then. But only if that one does so after this node was looked at.
   */
  async #isStillOpen({ fleet, greetings }: Survey): Promise<boolean> {
    const { members } = this.#context.quorum
    const later = surveyOf(members, await this.#ask((tally) => tally.outstanding === 0))
    return [...later.greetings].some(
      ([member, now]) =>
        isWitness(now) &&
        now.marker?.fleet === fleet &&
        now.marker?.stamp === greetings.get(member)?.marker?.stamp,
    )
  }

  /** A member that has connected again since it was asked must be asked again. */
  #checked(member: Member): void {
    if (this.#surveyRequested && member.admission.obstacle !== undefined) return
    this.#readiness.checked(member)
  }

  /** False if it must be judged by what others report. */
  #enterIfValid(member: Member, greeting: Greeting): boolean {
    const { marker } = greeting
    if (marker === null || !isValid(greeting)) return false
    const seating = this.#seating
    const misfit = seating.misfitOf(member, marker)
    if (misfit !== undefined) member.admission = excluded(member.admission, misfit)
    // The next survey finds out which of the fleets is right.
    else if (seating.isAtOdds(member, marker)) member.admission = unchecked(member.admission)
    else {
      const place = seating.place(member, marker)
      if (place === 'seated') this.#enter(member, greeting)
      return place !== 'returned'
    }
    return true
  }

  /** The node's marker is valid, so it may be asked. While it is in quarantine it refuses on its own. */
  #enter(member: Member, { marker }: Greeting): void {
    if (marker === null || this.#closed) return
    const before = member.admission
    const now = this.#context.quorum.clock.monotonic()
    if (before.obstacle !== undefined) this.#backOff.reset()
    const until = marker.quarantine === null ? undefined : now + marker.quarantine
    const { stamp, longestTtl } = marker
    const check = { key: this.#context.markerKey, stamp, longestTtl }
    member.admission =
      until === undefined ? marked(check) : quarantined(before, check, until, marker.claim?.progress)
    const wasQuarantined = before.quarantinedUntil !== undefined
    const isQuarantined = until !== undefined
    if (isQuarantined !== wasQuarantined)
      publishNodeChange(member.name, isQuarantined ? 'quarantined' : 'admitted')
    if (isQuarantined && !wasQuarantined) this.#quarantine.began(member, marker, now)
    if (isQuarantined) this.#restoring?.noticed(member, marker)
    if (progressOf(before) === undefined && progressOf(member.admission) !== undefined) {
      publishNodeChange(member.name, 'restoring')
    }
    if (!isQuarantined && wasQuarantined) this.#quarantine.ended(member)
    if (isQuarantined || before.state === 'admitted') return
    this.#context.admitted(member)
    if (wasQuarantined) this.#checked(member)
  }
}

function isConnectedNonVoter({ admission, node }: Member): boolean {
  return admission.obstacle !== undefined && node.connected
}
