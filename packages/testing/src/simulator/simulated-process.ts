import type { LockNode, Logger, Redlock } from '@quorumlock/core'
import type { CoreModule } from './core-module.js'
import { SimulatedLink, type LinkSurroundings } from './simulated-link.js'
import type { Plan } from './plan.js'
import { SeededRandom } from '../random/seeded-random.js'
import { ProcessClock } from './process-clock.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

type Kind = 'timer' | 'network'

/** Shared by all processes: whether anything ran within one of them since this was last set to false. */
export interface Activity {
  ran: boolean
}

export interface ProcessSurroundings extends Omit<LinkSurroundings, 'process' | 'timeline'> {
  readonly activity: Activity
  /** How late its timers fire, milliseconds. */
  readonly lag: () => number
}

interface Deferred {
  readonly kind: Kind
  readonly task: () => void
}

/** One simulated process: its clocks, its links to all servers, and the `Redlock` instances that it creates. */
export class SimulatedProcess {
  readonly clock: ProcessClock
  links: readonly SimulatedLink[] = []
  redlock: Redlock
  isCrashed = false
  isPaused = false
  /** How often it was paused. Calls during a pause have no time limit. */
  pauses = 0
  readonly #deferred: Deferred[] = []
  readonly #made: { readonly redlock: Redlock; readonly links: readonly SimulatedLink[] }[] = []
  /** Ids up to this one belong to closed clients, whose pending releases were dropped. */
  idsOfClosed = 0
  #ids = 0

  constructor(
    readonly name: string,
    readonly plan: Plan,
    readonly timeline: Timeline,
    private readonly servers: readonly Server[],
    private readonly core: CoreModule,
    private readonly logger: Logger,
    private readonly around: ProcessSurroundings,
  ) {
    const chance = new SeededRandom(plan.seed, `clock of ${this.name}`)
    const rate = 1 + chance.between(-plan.drift, plan.drift)
    const error = chance.between(-plan.clientClockError, plan.clientClockError)
    this.clock = new ProcessClock(timeline, rate, EPOCH + error, around.lag, (task) => {
      this.enter('timer', task)
    })
    this.redlock = this.open()
  }

  /** A new client in the same process, over new connections. */
  open(): Redlock {
    this.idsOfClosed = this.#ids
    const chance = new SeededRandom(this.plan.seed, `ids of ${this.name}.${this.#made.length}`)
    const fractions = new SeededRandom(this.plan.seed, `fractions of ${this.name}.${this.#made.length}`)
    const links = this.servers.map(
      (server) =>
        new SimulatedLink(this.name, server, {
          ...this.around,
          timeline: this.timeline,
          process: this,
        }),
    )
    for (const link of links) link.open()
    const { plan } = this
    this.redlock = new this.core.Redlock({
      nodes: links satisfies readonly LockNode[],
      quorum: plan.quorum,
      guard: plan.guard,
      restore: plan.restore,
      spread: plan.spread,
      ttl: plan.ttls[0],
      retryInterval: 20,
      clock: this.clock,
      random: {
        id: () => `${(chance.next() >>> 8).toString(36)}-${this.name}.${++this.#ids}`,
        fraction: () => fractions.fraction(),
      },
      logger: this.logger,
    })
    this.links = links
    this.#made.push({ redlock: this.redlock, links })
    return this.redlock
  }

  get allLinks(): readonly SimulatedLink[] {
    return this.#made.flatMap(({ links }) => links)
  }

  /** Runs a task within the process: at once, after its pause, or never. */
  enter(kind: Kind, task: () => void): void {
    if (this.begins()) task()
    else this.defer(kind, task)
  }

  /** Returns whether the process can run a task now; if so, it is about to. */
  begins(): boolean {
    if (this.isCrashed || this.isPaused) return false
    this.around.activity.ran = true
    return true
  }

  defer(kind: Kind, task: () => void): void {
    if (!this.isCrashed) this.#deferred.push({ kind, task })
  }

  /** Resolves when the process can run after this delay; never if it has crashed. */
  sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.timeline.after(delay, () => {
        this.enter('timer', resolve)
      })
    })
  }

  pause(): void {
    this.isPaused = true
    this.pauses++
  }

  /** After a pause, either timers or sockets come first; each kind keeps its order. */
  resume(first: Kind): void {
    this.isPaused = false
    const waiting = this.#deferred.splice(0)
    for (const wanted of [true, false]) {
      for (const { kind, task } of waiting) {
        if ((kind === first) !== wanted) continue
        this.timeline.after(0, () => {
          this.enter(kind, task)
        })
      }
    }
  }

  /** Killed: nothing of it runs any more; data in flight may still arrive. */
  crash(lateness: () => number | 'lost'): void {
    this.isCrashed = true
    for (const link of this.allLinks) link.break(lateness())
  }
}

/** The wall clocks' time at the beginning: a day in 2025. */
export const EPOCH = 1_750_000_000_000
