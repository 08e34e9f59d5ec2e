import { Agenda } from '../agenda.js'
import type { Clock } from '../clock.js'
import type { NodeCommand } from '../node/commands.js'
import type { LockNode } from '../node/lock-node.js'
import type { Random } from '../random.js'
import { Member, type MemberObserver } from './member.js'
import { openRound, type Round, type RoundPlan } from './round.js'
import { Tally } from './tally.js'
import { instantOf, type Instant } from './validity.js'

/** How long the order of the members stays, milliseconds. */
const RANKED_FOR = 100

export interface QuorumOptions {
  readonly nodes: readonly LockNode[]
  readonly quorum: number
  readonly nodeTimeout: number
  readonly clock: Clock
  readonly random: Random
}

/** Everything about a round that has a default here. */
export interface RoundOptions
  extends Partial<Omit<RoundPlan, 'start' | 'commandFor' | 'agenda' | 'members' | 'slow'>> {
  readonly start?: Instant | undefined
}

/** The members, how many of them must agree, and one way to ask them all: every operation receives this. */
export class Quorum {
  /** From the quickest member to the slowest, and when that was last found out. */
  #ranking: Member[]
  #rankedAt = -Infinity
  readonly #needsAll: boolean
  readonly clock: Clock
  readonly random: Random
  readonly agenda: Agenda
  readonly members: readonly Member[]
  readonly names: readonly string[]
  /** Members that must agree. */
  readonly size: number
  readonly nodeTimeout: number
  /** The highest token known; proposals start above it. */
  highestToken = 0

  constructor({ nodes, quorum, nodeTimeout, clock, random }: QuorumOptions, observer: MemberObserver) {
    this.clock = clock
    this.random = random
    this.agenda = new Agenda(clock)
    this.size = quorum
    this.nodeTimeout = nodeTimeout
    this.names = nodes.map((node) => node.name)
    this.members = nodes.map((node, index) => new Member(node, index, clock, this.agenda, observer))
    this.#ranking = [...this.members]
    // A node that cannot extend a lock cannot be given it later either.
    this.#needsAll = quorum === nodes.length || this.members.some((member) => member.lacks('extend'))
  }

  /** The quickest members that can win a round, as few as possible; all if too few of them are able to vote now. */
  quickest(now: number): readonly Member[] {
    if (this.#needsAll) return this.members
    if (now - this.#rankedAt >= RANKED_FOR) this.#rank(now)
    const chosen: Member[] = []
    for (const member of this.#ranking) {
      if (!member.mayVote || member.obstacle !== undefined) continue
      chosen.push(member)
      if (chosen.length === this.size) return chosen
    }
    return this.members
  }

  /** The next round does not begin with this member. */
  readonly #noteSlow = (member: Member, elapsed: number): void => {
    member.isSlow(elapsed)
    this.#rankedAt = -Infinity
  }

  #rank(now: number): void {
    this.#rankedAt = now
    this.#ranking.sort((a, b) => a.pace - b.pace)
    const { pace } = this.#ranking[0] as Member
    for (const member of this.#ranking.slice(this.size)) member.catchUp(pace)
  }

  isQuorum(count: number): boolean {
    return count >= this.size
  }

  /** Whether the other members are no quorum, so that at least one of these was in every quorum so far. */
  isBlocking(count: number): boolean {
    return count > this.members.length - this.size
  }

  /** So many of the other members of a member meet every quorum that it was in, and each other; 0 if it has no others. */
  get witnesses(): number {
    const total = this.members.length
    return Math.min(total - 1, Math.max(Math.floor(total / 2) + 1, total - this.size + 1))
  }

  /** Given the time at which each member may agree, the time at which a quorum may. */
  qthSmallest(times: readonly number[]): number {
    return [...times].sort((a, b) => a - b)[this.size - 1] as number
  }

  newTally(): Tally {
    return new Tally(this.names, this.size)
  }

  now(): Instant {
    return instantOf(this.clock)
  }

  round(commandFor: (member: Member) => NodeCommand, options: RoundOptions = {}): Promise<Tally> {
    return new Promise((resolve) => {
      this.openRound(commandFor, options, resolve)
    })
  }

  /** As `round`, for a caller that makes its own promise. */
  openRound(
    commandFor: (member: Member) => NodeCommand,
    options: RoundOptions,
    done: (tally: Tally) => void,
  ): Round {
    return openRound(
      {
        members: this.members,
        tally: options.tally ?? this.newTally(),
        agenda: this.agenda,
        start: options.start?.monotonic ?? this.clock.monotonic(),
        deadline: options.deadline ?? this.nodeTimeout,
        suspectDeadline: options.suspectDeadline,
        purpose: options.purpose ?? 'awaited',
        commandFor,
        first: options.first,
        slow: this.#noteSlow,
        isDecided: options.isDecided,
        late: options.late,
      },
      done,
    )
  }

  /** Resolves after `delay` milliseconds. */
  pause(delay: number, purpose: 'awaited' | 'background' = 'awaited'): Promise<void> {
    return new Promise((resolve) => {
      this.agenda.at(this.clock.monotonic() + delay, purpose, resolve)
    })
  }
}
