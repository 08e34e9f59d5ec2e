import { Agenda } from './agenda.js'
import { shownResources } from './check.js'
import { LockClosedError } from './errors.js'
import { Guard } from './guard/guard.js'
import { Holds } from './hold/holds.js'
import type { Lease } from './hold/lease.js'
import type { NodeCommand, NodeReply } from './node/lock-node.js'
import type { ResolvedOptions } from './options.js'
import { Member } from './quorum/member.js'
import { openRound, type RoundPlan } from './quorum/round.js'
import { Tally } from './quorum/tally.js'
import { instantOf, type Instant } from './quorum/validity.js'
import { Deadlocks } from './telemetry/deadlocks.js'
import { tellNode } from './telemetry/events.js'
import { Wakeups } from './wait/wakeups.js'

export interface RoundOptions {
  /** Where the votes are counted, for who looks before the end. */
  readonly tally?: Tally | undefined
  readonly start?: Instant | undefined
  readonly patience?: number | undefined
  readonly suspectAfter?: number | undefined
  readonly purpose?: 'awaited' | 'background' | undefined
  readonly isDecided?: ((tally: Tally) => boolean) | undefined
  readonly late?: ((member: Member, reply: NodeReply, tally: Tally) => void) | undefined
}

/** What the operations of one client share. */
export class Engine {
  readonly agenda: Agenda
  readonly members: readonly Member[]
  readonly names: readonly string[]
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly holds: Holds
  /** Looks for cycles of waiting; `undefined` unless that was asked for. */
  readonly deadlocks: Deadlocks | undefined
  /** Set by `close()`. */
  closed = false
  /** Leases that are being released: `close()` waits for them too. */
  readonly releasing: Set<Lease> = new Set<Lease>()
  /** Waits that `close()` has to end. */
  readonly interruptions: Set<{ interrupt(): void }> = new Set<{ interrupt(): void }>()
  /** The highest token seen anywhere; proposals start above it. */
  highestToken = 0

  constructor(readonly options: ResolvedOptions) {
    const { clock, nodes, logger } = options
    this.agenda = new Agenda(clock)
    this.names = nodes.map((node) => node.name)
    this.members = nodes.map(
      (node, index) =>
        new Member(node, index, clock, this.agenda, {
          connected: (member) => {
            if (this.guard === undefined) this.holds.topUp(member)
            else this.guard.examine(member)
            tellNode(member.name, 'connected')
          },
          disconnected: (member) => {
            tellNode(member.name, 'disconnected')
            logger.warn({ node: member.name }, 'connection to a lock node was lost')
          },
          suspicion: (member) => {
            const silent = member.suspectSince !== undefined
            if (!silent) this.holds.topUp(member)
            tellNode(member.name, silent ? 'silent' : 'answering')
            logger.warn(
              { node: member.name },
              silent ? 'a lock node fell silent' : 'a lock node speaks again',
            )
          },
          clockMargin: () => this.holds.clockMargin,
          clockStepped: (member, step) => {
            tellNode(member.name, 'clock-stepped', step)
            logger.warn({ node: member.name, step }, "a lock node's clock was stepped")
            if (step > 0) this.holds.doubt(member, step)
          },
          unproven: (member) => {
            this.guard?.examine(member)
          },
        }),
    )
    this.wakeups = new Wakeups(this.members, options.random.id(), options.quorum)
    this.holds = new Holds(this)
    const { deadlockDetection } = options
    if (deadlockDetection !== false && deadlockDetection.onCycle !== undefined) {
      this.deadlocks = new Deadlocks(this.names, deadlockDetection.onCycle, logger)
    }
    if (options.guard && !options.lacking.has('guard')) {
      this.guard = new Guard({
        members: this.members,
        names: this.names,
        quorum: options.quorum,
        agenda: this.agenda,
        random: options.random,
        now: () => clock.monotonic(),
        patience: options.nodeTimeout,
        ttl: options.ttl,
        markerKey: markerKeyOf(options.keyPrefix),
        warn: (data, message) => {
          logger.warn(data, message)
        },
        admitted: (member) => {
          this.holds.topUp(member)
        },
      })
    }
  }

  now(): Instant {
    return instantOf(this.options.clock)
  }

  round(commandFor: (member: Member) => NodeCommand, options: RoundOptions = {}): Promise<Tally> {
    return new Promise((resolve) => {
      this.openRound(commandFor, options, resolve)
    })
  }

  /** The same for those who have a promise of their own. */
  openRound(
    commandFor: (member: Member) => NodeCommand,
    options: RoundOptions,
    done: (tally: Tally) => void,
  ): void {
    const { clock, quorum, nodeTimeout } = this.options
    const plan: RoundPlan = {
      members: this.members,
      tally: options.tally ?? new Tally(this.names, quorum),
      agenda: this.agenda,
      start: options.start?.monotonic ?? clock.monotonic(),
      patience: options.patience ?? nodeTimeout,
      suspectAfter: options.suspectAfter,
      purpose: options.purpose ?? 'awaited',
      commandFor,
      isDecided: options.isDecided,
      late: options.late,
    }
    openRound(plan, done)
  }

  keyOf(resource: string): string {
    return this.options.keyPrefix + resource
  }

  /** Resolves after `delay` milliseconds of the engine's clock. */
  pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.agenda.at(this.options.clock.monotonic() + delay, 'awaited', resolve)
    })
  }

  assertOpen(resources: readonly string[]): void {
    if (!this.closed) return
    throw new LockClosedError(
      `Cannot acquire ${shownResources(resources)}: this Redlock was closed. Make a new one, or close it later`,
      { resources },
    )
  }
}

/** Belongs to the key prefix, so that different fleets on shared servers do not meddle. */
function markerKeyOf(keyPrefix: string): string {
  return `${keyPrefix}:quorumlock:fleet`
}
