import { Agenda } from '../agenda.js'
import type { Clock } from '../clock.js'
import type { LockNode, NodeCommand, NodeReply } from '../node/lock-node.js'
import type { Random } from '../random.js'
import { Member, type MemberObserver } from './member.js'
import { openRound } from './round.js'
import { Tally } from './tally.js'
import { instantOf, type Instant } from './validity.js'

export interface QuorumOptions {
  readonly nodes: readonly LockNode[]
  readonly quorum: number
  readonly nodeTimeout: number
  readonly clock: Clock
  readonly random: Random
}

export interface RoundOptions {
  /** Where the votes are counted, for a caller that looks before the end. */
  readonly tally?: Tally | undefined
  readonly start?: Instant | undefined
  readonly patience?: number | undefined
  readonly suspectAfter?: number | undefined
  readonly purpose?: 'awaited' | 'background' | undefined
  readonly isDecided?: ((tally: Tally) => boolean) | undefined
  readonly late?: ((member: Member, reply: NodeReply, tally: Tally) => void) | undefined
}

/** The members, how many of them must agree, and one way to ask them all: what every operation is given. */
export class Quorum {
  readonly clock: Clock
  readonly random: Random
  readonly agenda: Agenda
  readonly members: readonly Member[]
  readonly names: readonly string[]
  /** Members that must agree. */
  readonly size: number
  readonly nodeTimeout: number
  /** The highest token seen anywhere; proposals start above it. */
  highestToken = 0

  constructor({ nodes, quorum, nodeTimeout, clock, random }: QuorumOptions, observer: MemberObserver) {
    this.clock = clock
    this.random = random
    this.agenda = new Agenda(clock)
    this.size = quorum
    this.nodeTimeout = nodeTimeout
    this.names = nodes.map((node) => node.name)
    this.members = nodes.map((node, index) => new Member(node, index, clock, this.agenda, observer))
  }

  isQuorum(count: number): boolean {
    return count >= this.size
  }

  /** Members without which the others are no quorum any more: one of them was in every quorum there has been. */
  get blocking(): number {
    return this.members.length - this.size + 1
  }

  /** Of the times at which each member may agree, the one from which a quorum may. */
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

  /** The same for a caller that has a promise of its own. */
  openRound(
    commandFor: (member: Member) => NodeCommand,
    options: RoundOptions,
    done: (tally: Tally) => void,
  ): void {
    openRound(
      {
        members: this.members,
        tally: options.tally ?? this.newTally(),
        agenda: this.agenda,
        start: options.start?.monotonic ?? this.clock.monotonic(),
        patience: options.patience ?? this.nodeTimeout,
        suspectAfter: options.suspectAfter,
        purpose: options.purpose ?? 'awaited',
        commandFor,
        isDecided: options.isDecided,
        late: options.late,
      },
      done,
    )
  }

  /** Resolves after `delay` milliseconds. */
  pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.agenda.at(this.clock.monotonic() + delay, 'awaited', resolve)
    })
  }
}
