import { Guard } from './guard/guard.js'
import { Holds } from './holds.js'
import type { Logger } from './options.js'
import type { ResolvedOptions } from './resolve-options.js'
import type { Member, MemberObserver } from './quorum/member.js'
import { Quorum } from './quorum/quorum.js'
import { Deadlocks } from './telemetry/deadlocks.js'
import { tellNode } from './telemetry/events.js'
import { Waits } from './wait/waits.js'
import { Wakeups } from './wait/wakeups.js'

/** The parts of one client, made and wired. Operations are given those that they need, never the whole. */
export class Engine {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly waits: Waits = new Waits()
  readonly holds: Holds
  /** Looks for cycles of waiting; `undefined` unless that was asked for. */
  readonly deadlocks: Deadlocks | undefined
  readonly logger: Logger

  constructor(readonly options: ResolvedOptions) {
    const { logger, deadlockDetection } = options
    this.logger = logger
    this.quorum = new Quorum(options, this.#observer())
    this.wakeups = new Wakeups(this.quorum, options.random.id())
    this.holds = new Holds({ quorum: this.quorum, waits: this.waits, deadlockDetection, logger })
    if (deadlockDetection !== false && deadlockDetection.onCycle !== undefined) {
      this.deadlocks = new Deadlocks(this.quorum.names, deadlockDetection.onCycle, logger)
    }
    if (options.guard && !options.lacking.has('guard')) {
      this.guard = new Guard({
        quorum: this.quorum,
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

  keyOf(resource: string): string {
    return this.options.keyPrefix + resource
  }

  /** What happens to one member and concerns the others. */
  #observer(): MemberObserver {
    const { logger } = this
    return {
      connected: (member) => {
        if (this.guard === undefined) this.holds.topUp(member)
        else this.guard.examine(member)
        tellNode(member.name, 'connected')
      },
      disconnected: (member) => {
        tellNode(member.name, 'disconnected')
        logger.warn({ node: member.name }, 'connection to a lock node was lost')
      },
      suspicion: (member: Member) => {
        const silent = member.suspectSince !== undefined
        if (!silent) this.holds.topUp(member)
        tellNode(member.name, silent ? 'silent' : 'answering')
        logger.warn({ node: member.name }, silent ? 'a lock node fell silent' : 'a lock node speaks again')
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
    }
  }
}

/** Belongs to the key prefix, so that different fleets on shared servers do not meddle. */
function markerKeyOf(keyPrefix: string): string {
  return `${keyPrefix}:quorumlock:fleet`
}
