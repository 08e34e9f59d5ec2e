import { Guard } from './guard/guard.js'
import { Holds } from './holds.js'
import type { Logger } from './options.js'
import type { ResolvedOptions } from './resolve-options.js'
import type { Member, MemberObserver } from './quorum/member.js'
import { Quorum } from './quorum/quorum.js'
import { Deadlocks } from './telemetry/deadlocks.js'
import { publishNodeChange } from './telemetry/events.js'
import { Waits } from './wait/waits.js'
import { Wakeups } from './wait/wakeups.js'

/** The parts of one client, made and wired. Each operation receives the parts that it needs, never the whole. */
export class Engine {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly waits: Waits = new Waits()
  readonly holds: Holds
  /** Detects cycles of waiting; `undefined` unless enabled. */
  readonly deadlocks: Deadlocks | undefined
  readonly logger: Logger

  constructor(readonly options: ResolvedOptions) {
    const { logger, deadlockDetection } = options
    this.logger = logger
    this.quorum = new Quorum(options, this.#observer())
    this.wakeups = new Wakeups(this.quorum, options.random.id())
    const examineNodes = (): void => this.guard?.examineAll()
    this.holds = new Holds({
      quorum: this.quorum,
      waits: this.waits,
      deadlockDetection,
      logger,
      examineNodes,
    })
    if (deadlockDetection !== false && deadlockDetection.onCycle !== undefined) {
      this.deadlocks = new Deadlocks(this.quorum.names, deadlockDetection.onCycle, logger)
    }
    if (options.guard && !options.lacking.has('marker')) {
      this.guard = new Guard({
        quorum: this.quorum,
        ttl: options.ttl,
        markerKey: markerKeyOf(options.keyPrefix),
        prefix: options.keyPrefix,
        found: options.found,
        restores: options.restore && options.keyPrefix !== '',
        restored: (member, locks, duration) => {
          publishNodeChange(member.name, 'restored', { locks, duration })
          logger.info(
            { node: member.name, locks, duration },
            'lock node was given back what it had forgotten',
          )
        },
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
        publishNodeChange(member.name, 'connected')
      },
      disconnected: (member) => {
        publishNodeChange(member.name, 'disconnected')
        logger.warn({ node: member.name }, 'connection to lock node was lost')
      },
      suspicion: (member: Member) => {
        const silent = member.suspectSince !== undefined
        if (!silent) this.holds.topUp(member)
        publishNodeChange(member.name, silent ? 'silent' : 'answering')
        logger.warn(
          { node: member.name },
          silent ? 'lock node stopped responding' : 'lock node is responding again',
        )
      },
      clockMargin: () => this.holds.clockMargin,
      clockStepped: (member, step) => {
        publishNodeChange(member.name, 'clock-stepped', { step })
        logger.warn({ node: member.name, step }, 'clock of lock node was stepped')
        if (step > 0) this.holds.voidVoteOf(member, step)
      },
      unproven: (member) => {
        this.guard?.examine(member)
      },
    }
  }
}

/** Belongs to the key prefix, so that different fleets on shared servers do not interfere. */
function markerKeyOf(keyPrefix: string): string {
  return `${keyPrefix}:quorumlock:marker`
}
