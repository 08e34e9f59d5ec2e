import type { Appointment } from '../agenda.js'
import type { Greeting, MarkCommand, MarkerSighting, NodeReply } from '../node/lock-node.js'
import { UNCHECKED, unsent, type Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { tellNode } from '../telemetry/events.js'

const FIRST_RETRY = 50
const LONGEST_RETRY = 5_000
const ADMISSION_RETRY = 250
/** Once enough nodes may vote, the others get so long to be checked, so that a first lock stands on them too, milliseconds. */
const PATIENCE = 100
/** For the clocks of the nodes: a quarantine ends a little after the longest lease. */
const QUARANTINE_MARGIN = 1.05
const QUARANTINE_MARGIN_MS = 10

const UNJUDGED = unsent('too few nodes answer to tell whether it has lost data')

export interface GuardContext {
  readonly quorum: Quorum
  /** Of the client's locks where nothing else is said, milliseconds. */
  readonly ttl: number
  readonly markerKey: string
  readonly warn: (data: object, message: string) => void
  /** The node may vote from now on. */
  readonly admitted: (member: Member) => void
}

interface Fleet {
  readonly fleet: string
  readonly longestTtl: number
  readonly highestToken: number
}

/** Of orders that do not concern it. */
const NO_FLEET: Fleet = { fleet: '', longestTtl: 0, highestToken: 0 }

/** What the fleet as a whole says of itself; without a name when no marker was seen. */
interface Survey extends Omit<Fleet, 'fleet'> {
  readonly greetings: ReadonlyMap<Member, Greeting>
  readonly fleet: string | undefined
  /** Nodes that have a marker, of this run or of an earlier one. */
  readonly remembering: number
}

/**
 * Keeps nodes that lost their data out of quorums ("Nodes that lost their data"). A node votes only once its marker
 * was seen over the present connection; the node itself refuses whoever does not know its marker.
 */
export class Guard {
  readonly #context: GuardContext
  #surveying = false
  #again = false
  #retry: Appointment | undefined
  #pause = FIRST_RETRY
  #closed = false
  readonly #awaiting = new Set<() => void>()
  /** Members of which it is not known yet whether they may vote. */
  readonly #unchecked: Set<Member>
  #patience: Appointment | undefined
  /** Since so many could vote the others have had their time: calls no longer wait for those that connect later. */
  #isSettled = false
  /** Nodes whose quarantine was reckoned too short, and until when (monotonic) they stay out. */
  readonly #prolonged = new Map<Member, { readonly run: string; readonly until: number }>()

  constructor(context: GuardContext) {
    this.#context = context
    this.#unchecked = new Set(context.quorum.members)
    for (const member of context.quorum.members) member.barred = UNCHECKED
  }

  /** A new connection, or a node that says that it has no marker: it does not vote until that is cleared up. */
  examine(member: Member): void {
    this.#pause = FIRST_RETRY
    member.barred = UNCHECKED
    this.#unchecked.add(member)
    this.#surveySoon()
  }

  /**
   * Resolves when every connected member is checked, or nothing more can be found out now; `undefined` when there is
   * nothing to wait for. A lock that is taken before stands on a bare quorum, and a single try may be refused though
   * most nodes would grant it.
   */
  ready(): Promise<void> | undefined {
    if (this.#isOpen) return undefined
    if (!this.#surveying) this.#startSurvey()
    return new Promise((resolve) => {
      const go = (): void => {
        limit.cancel()
        this.#awaiting.delete(go)
        resolve()
      }
      // A greeting and an order: connections that break again and again would begin that anew for ever.
      const limit = this.#after(2 * this.#context.quorum.nodeTimeout, 'awaited', go)
      this.#awaiting.add(go)
      this.#watchPatience()
    })
  }

  /** An operator's word that the node may vote again at once. */
  lift(member: Member): Promise<void> {
    return new Promise((resolve, reject) => {
      const command = this.#mark('lift', NO_FLEET, '', 0)
      const obstacle = member.submit(command, (reply) => {
        if (reply.vote !== 'granted') {
          reject(new Error(`${member.name} did not take the order: ${reply.reason}`))
          return
        }
        const greeting = greetingOf(reply)
        if (greeting !== undefined) this.#enterIfValid(member, greeting)
        resolve()
      })
      if (obstacle !== undefined) reject(new Error(`${member.name} cannot be reached: ${obstacle.reason}`))
    })
  }

  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    this.#letGo()
  }

  /** Nothing has to be cleared up before a round. */
  get #isOpen(): boolean {
    if (!this.#hasVoters) this.#isSettled = false
    else if (this.#isSettled) return true
    else if (this.#isChecked) this.#isSettled = true
    return this.#isChecked && this.#isQuorum(({ barred }) => barred === undefined)
  }

  /** A node in quarantine is checked, and is no voter. One that is silent is: there is nothing to find out about it. */
  get #hasVoters(): boolean {
    return this.#isQuorum(({ mayVote, node }) => mayVote && node.connected)
  }

  get #isChecked(): boolean {
    if (this.#unchecked.size === 0) return true
    for (const member of this.#unchecked) if (member.isReachable) return false
    return true
  }

  #isQuorum(holds: (member: Member) => boolean): boolean {
    const { quorum } = this.#context
    let count = 0
    for (const member of quorum.members) if (holds(member)) count++
    return quorum.isQuorum(count)
  }

  /** It may vote, or it is known why not; unless it has connected anew since it was asked. */
  #checked(member: Member): void {
    if (this.#again && member.barred !== undefined) return
    this.#unchecked.delete(member)
    if (this.#awaiting.size === 0) return
    if (this.#isChecked) this.#letGo()
    else this.#watchPatience()
  }

  #watchPatience(): void {
    if (this.#patience !== undefined || !this.#hasVoters) return
    this.#patience = this.#after(PATIENCE, 'awaited', () => {
      this.#isSettled = true
      this.#letGo()
    })
  }

  #surveySoon(): void {
    if (this.#surveying) this.#again = true
    else this.#startSurvey()
  }

  #startSurvey(): void {
    if (this.#closed) {
      this.#letGo()
      return
    }
    this.#surveying = true
    this.#again = false
    this.#retry?.cancel()
    this.#retry = undefined
    void this.#survey().then(() => {
      this.#surveying = false
      // While nodes join one after another a survey that came too soon for the second one has found out nothing.
      if (this.#isChecked ? !this.#again || this.#isOpen : this.#isSettled) this.#letGo()
      if (this.#again) this.#startSurvey()
      else if (
        this.#context.quorum.members.some((member) => member.barred !== undefined && member.node.connected)
      )
        this.#later()
    })
  }

  #letGo(): void {
    this.#patience?.cancel()
    this.#patience = undefined
    for (const go of [...this.#awaiting]) go()
  }

  #later(): void {
    this.#retry ??= this.#after(this.#pause, 'background', () => {
      this.#retry = undefined
      this.#pause = Math.min(this.#pause * 2, LONGEST_RETRY)
      this.#surveySoon()
    })
  }

  async #survey(): Promise<void> {
    const { quorum } = this.#context
    const { members } = quorum
    const seen: { decide?: (member: Member, greeting: Greeting) => Promise<void> } = {}
    const conclude = async (member: Member, reply: NodeReply): Promise<void> => {
      const greeting = greetingOf(reply)
      if (greeting !== undefined) await seen.decide?.(member, greeting)
      this.#checked(member)
    }
    // A fleet is new only if nobody has a marker: then all are waited for, in the limits of patience.
    const tally = await this.#ask(
      (soFar) => soFar.isAnswered && surveyOf(members, soFar).remembering >= quorum.blocking,
      (member, reply) => {
        // A straggler: judged by what the others have said. Before that was taken up it is counted with them.
        if (seen.decide !== undefined) void conclude(member, reply)
      },
    )
    const survey = surveyOf(members, tally)
    const founder = { fleet: quorum.random.id(), longestTtl: 0, highestToken: 0 }
    seen.decide = async (member, greeting) => {
      if (!quorum.isQuorum(survey.greetings.size)) {
        if (!this.#enterIfValid(member, greeting)) member.barred = UNJUDGED
      } else if (survey.fleet === undefined) {
        await this.#order(member, this.#mark('found', founder, greeting.run, 0))
      } else await this.#judge(member, greeting, survey, survey.fleet)
    }
    const heard = members.filter((member) => tally.replies[member.index] !== undefined)
    await Promise.all(heard.map((member) => conclude(member, tally.replies[member.index] as NodeReply)))
  }

  #ask(
    isDecided: (tally: Tally) => boolean,
    late?: (member: Member, reply: NodeReply) => void,
  ): Promise<Tally> {
    const { quorum, markerKey } = this.#context
    return quorum.round(() => ({ kind: 'greet', marker: markerKey }), { isDecided, late })
  }

  /** What to do with a node of a fleet that is known, given what it says of itself and what the others say. */
  async #judge(member: Member, greeting: Greeting, survey: Survey, fleet: string): Promise<void> {
    if (this.#enterIfValid(member, greeting)) return
    const lost =
      greeting.marker === null ? 'it has lost its data' : 'it was restarted and may have lost its last writes'
    // Where too few can tell which was the longest lease, our own is taken for as long as those of others.
    const { members, blocking } = this.#context.quorum
    const isKnown = survey.remembering >= blocking || survey.greetings.size === members.length
    const longest = isKnown ? survey.longestTtl : Math.max(survey.longestTtl, this.#context.ttl)
    const duration = quarantineFor(longest)
    // Where nothing was ever granted nothing was lost: a new fleet whose nodes come up one after another.
    if (longest > 0) {
      this.#context.warn({ node: member.name, duration }, `${member.name} stays out of quorums: ${lost}`)
    }
    const known = { ...survey, fleet, longestTtl: longest }
    await this.#order(member, this.#mark('quarantine', known, greeting.run, duration))
  }

  /** Has a node write its marker; resolves when it has answered, or when it would have had to. */
  #order(member: Member, command: MarkCommand): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.#after(this.#context.quorum.nodeTimeout, 'awaited', resolve)
      const answered = (): void => {
        deadline.cancel()
        resolve()
      }
      const obstacle = member.submit(command, (reply) => {
        const greeting = greetingOf(reply)
        if (greeting !== undefined) this.#enterIfValid(member, greeting)
        answered()
      })
      if (obstacle !== undefined) answered()
    })
  }

  #enterIfValid(member: Member, greeting: Greeting): boolean {
    const valid = isValid(greeting)
    if (valid) this.#enter(member, greeting)
    return valid
  }

  /** The node's marker is good: it may be asked. While it is in quarantine it refuses by itself. */
  #enter(member: Member, greeting: Greeting): void {
    const { marker } = greeting
    if (marker === null || this.#closed) return
    const mayAlready = member.mayVote
    member.marker = { key: this.#context.markerKey, run: marker.run }
    if (member.barred !== undefined) this.#pause = FIRST_RETRY
    member.barred = undefined
    const now = this.#now()
    const wasQuarantined = member.quarantinedUntil !== undefined
    member.quarantinedUntil = marker.quarantine === null ? undefined : now + marker.quarantine
    const isQuarantined = marker.quarantine !== null
    if (isQuarantined !== wasQuarantined) tellNode(member.name, isQuarantined ? 'quarantined' : 'admitted')
    if (!isQuarantined && !mayAlready) this.#context.admitted(member)
    if (marker.quarantine === null || wasQuarantined) return
    const wait = Math.min(marker.quarantine, quarantineFor(marker.longestTtl))
    this.#context.quorum.agenda.at(now + wait + 1, 'background', () => {
      void this.#admit(member)
    })
  }

  /**
   * The time of a quarantine is over. The node forgot which tokens it had granted, so it is let in with the highest
   * that the others know: asked now, when every grant that it took part in has ended.
   */
  async #admit(member: Member): Promise<void> {
    if (this.#closed || member.quarantinedUntil === undefined) return
    const { members, blocking } = this.#context.quorum
    const survey = surveyOf(members, await this.#ask((tally) => tally.outstanding === 0))
    const others = [...survey.greetings].filter(([other, greeting]) => other !== member && isValid(greeting))
    const own = survey.greetings.get(member)
    const known = own !== undefined && others.length >= Math.min(blocking, members.length - 1)
    if (
      own?.marker?.quarantine === 0 &&
      known &&
      this.#wasLongEnough(member, own.marker, survey.longestTtl)
    ) {
      const fleet = { ...survey, fleet: own.marker.fleet }
      await this.#order(member, this.#mark('admit', fleet, own.marker.run, 0))
    } else if (own !== undefined && !(await this.#shorten(member, own, survey.longestTtl))) {
      this.#enterIfValid(member, own)
    }
    this.#waitFor(member)
    // Cleared by the order, by another client, or still out: then it is tried again.
    this.#admitLater(member)
  }

  /**
   * A node counts its quarantine by its own clock. One that was set back, perhaps by hours, would stay out for as much
   * longer; but no lock that it forgot can live for longer than the longest one from now on.
   */
  async #shorten(member: Member, { marker }: Greeting, longest: number): Promise<boolean> {
    if (marker === null || marker.quarantine === null) return false
    const duration = quarantineFor(Math.max(longest, marker.longestTtl))
    if (marker.quarantine <= duration) return false
    await this.#order(member, this.#mark('shorten', NO_FLEET, marker.run, duration))
    return true
  }

  /**
   * Whoever put the node into quarantine may not have heard those who knew the longest lease. Then it stays out for
   * that long once more, from the moment on at which we learn of it.
   */
  #wasLongEnough(member: Member, { run, longestTtl }: MarkerSighting, longest: number): boolean {
    if (longest <= longestTtl) return true
    const now = this.#now()
    const before = this.#prolonged.get(member)
    if (before?.run === run) return now >= before.until
    this.#prolonged.set(member, { run, until: now + quarantineFor(longest) })
    return false
  }

  #waitFor(member: Member): void {
    const until = this.#prolonged.get(member)?.until
    if (until === undefined || member.quarantinedUntil === undefined) return
    member.quarantinedUntil = Math.max(member.quarantinedUntil, until)
  }

  #admitLater(member: Member): void {
    const { quarantinedUntil } = member
    if (quarantinedUntil === undefined || this.#closed) return
    const due = Math.max(this.#now() + ADMISSION_RETRY, quarantinedUntil)
    this.#context.quorum.agenda.at(due, 'background', () => {
      void this.#admit(member)
    })
  }

  #now(): number {
    return this.#context.quorum.clock.monotonic()
  }

  #after(delay: number, purpose: 'awaited' | 'background', task: () => void): Appointment {
    return this.#context.quorum.agenda.at(this.#now() + delay, purpose, task)
  }

  #mark(mode: MarkCommand['mode'], fleet: Fleet, run: string, duration: number): MarkCommand {
    const { longestTtl, highestToken } = fleet
    const marker = this.#context.markerKey
    return { kind: 'mark', marker, mode, fleet: fleet.fleet, run, longestTtl, floor: highestToken, duration }
  }
}

function quarantineFor(longestTtl: number): number {
  return Math.ceil(longestTtl * QUARANTINE_MARGIN) + QUARANTINE_MARGIN_MS
}

/** The marker belongs to this very run of the server, or to an earlier one that cannot have lost anything. */
function isValid(greeting: Greeting): boolean {
  const { marker, run, durable } = greeting
  return marker !== null && (marker.run === run || durable)
}

function greetingOf(reply: NodeReply): Greeting | undefined {
  return reply.vote === 'granted' ? reply.greeting : undefined
}

function surveyOf(members: readonly Member[], tally: Tally): Survey {
  const greetings = new Map<Member, Greeting>()
  let fleet: string | undefined
  let longestTtl = 0
  let highestToken = 0
  let remembering = 0
  for (const member of members) {
    const reply = tally.replies[member.index]
    const greeting = reply === undefined ? undefined : greetingOf(reply)
    if (greeting === undefined) continue
    greetings.set(member, greeting)
    if (greeting.marker === null) continue
    remembering++
    fleet = greeting.marker.fleet
    longestTtl = Math.max(longestTtl, greeting.marker.longestTtl)
    highestToken = Math.max(highestToken, greeting.marker.highestToken)
  }
  return { greetings, fleet, remembering, longestTtl, highestToken }
}
