import * as core from '@quorumlock/core'
import type { AcquireCommand, Handed, NodeCommand, NodeReply, ReleaseCommand } from '@quorumlock/core'
import { Actor } from './actor.js'
import type { History } from '../history/history.js'
import { Chronicle } from './chronicle.js'
import { SimulatedProcess, EPOCH, type Activity } from './simulated-process.js'
import type { CoreModule } from './core-module.js'
import { Fairness, isStrict } from './fairness.js'
import type { Habits, SimulatedLink } from './simulated-link.js'
import { LEAST_LAG, MOST_LAG } from './bounds.js'
import { Marks } from './marks.js'
import { Storm } from './storm.js'
import { Oracle } from './oracle.js'
import { drawPlan, type Plan, type PlanChanges, type World } from './plan.js'
import { SeededRandom } from '../random/seeded-random.js'
import { Leftovers } from './leftovers.js'
import { Server } from './server.js'
import type { Stage } from './stage.js'
import { Timeline } from './timeline.js'
import { shownCommand, shownReply, Trace } from './trace.js'
import { inTurns } from './turns.js'
import type { Violation } from './violation.js'

export interface SimulationOptions {
  /** A whole number from which everything else is derived. */
  readonly seed: number
  /** `safe` by default; `edges` is equally safe. The others are known to be unsafe and must be flagged. */
  readonly world?: World | undefined
  /** Overrides parts of what the seed draws. */
  readonly plan?: PlanChanges | undefined
  /** Keep the history as text. */
  readonly trace?: boolean | undefined
  /** Keep the history as events, for the checkers. */
  readonly history?: boolean | undefined
  /** The core to run; the one that ships by default. */
  readonly core?: CoreModule | undefined
}

export interface SimulationReport {
  readonly seed: number
  readonly plan: Plan
  readonly violation: Violation | undefined
  /** Hash of the whole history. The same seed gives the same hash on every engine. */
  readonly hash: string
  readonly trace: readonly string[]
  readonly history: History
  readonly marks: ReadonlySet<string>
  /** Calls that requested a lock, and the rounds they made: those that reached at least one node. */
  readonly attempts: number
  readonly rounds: number
  /** Milliseconds of simulated time. */
  readonly duration: number
}

/** One run of the shipped core in a world that is derived from a seed. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const plan = drawPlan(options.seed, options.world ?? 'safe', options.plan)
  return new Simulation(plan, options).run()
}

class Simulation {
  readonly #plan: Plan
  readonly #timeline = new Timeline()
  readonly #activity: Activity = { ran: false }
  readonly #trace: Trace
  readonly #marks: Marks
  readonly #oracle: Oracle
  readonly #leftovers: Leftovers
  readonly #fairness: Fairness | undefined
  readonly #servers: readonly Server[]
  readonly #clients: SimulatedProcess[] = []
  readonly #visitors: SimulatedProcess[] = []
  readonly #stage: Stage
  /** Creates a process. */
  readonly #settle: (name: string, stream: string, delay: () => number, habits: Habits) => SimulatedProcess
  #rounds = 0
  #lastRound: unknown

  constructor(plan: Plan, options: SimulationOptions) {
    this.#plan = plan
    const timeline = this.#timeline
    const used = options.core ?? core
    this.#trace = new Trace(timeline, options.trace === true)
    this.#oracle = new Oracle(timeline)
    if (options.history === true) this.#oracle.chronicle = new Chronicle(timeline)
    this.#marks = new Marks(plan.quorum)
    this.#fairness = isStrict(plan) ? new Fairness(this.#oracle, timeline, plan) : undefined
    this.#leftovers = new Leftovers(this.#oracle, timeline, this.#clients)
    const clocks = new SeededRandom(plan.seed, 'server-clocks')
    this.#servers = Array.from({ length: plan.nodes }, (_, index) => {
      const rate = 1 + clocks.between(-plan.drift, plan.drift)
      const error = clocks.between(-plan.nodeClockError, plan.nodeClockError)
      return new Server(used, timeline, index, plan.durable, rate, EPOCH + error, this)
    })
    this.#stage = {
      plan,
      timeline,
      oracle: this.#oracle,
      clients: this.#clients,
      servers: this.#servers,
      attempts: 0,
      marks: [],
      visit: (dialsIn) => this.#visit(dialsIn),
      note: (text) => {
        this.#trace.add(7, 0)
        if (this.#trace.isReadable) this.#trace.write(text())
      },
      mark: (mark) => {
        this.#marks.reach(mark)
      },
    }
    const log = (data: object, message: string): void => {
      this.#marks.logged(message)
      this.#stage.note(() => `LOG ${message} ${JSON.stringify(data)}`)
    }
    const logger = { debug: log, info: log, warn: log, error: log }
    const network = new SeededRandom(plan.seed, 'network')
    const delay = (): number => {
      if (
        timeline.now >= plan.calmUntil &&
        timeline.now < plan.stormUntil &&
        network.chance(plan.spikeChance)
      )
        return plan.delay + network.between(0, plan.spike)
      return plan.delay + network.fraction() * plan.jitter
    }
    this.#settle = (name, stream, delay, habits) => {
      const chance = new SeededRandom(plan.seed, stream)
      const lag = lateness(plan, name)
      const around = { chance, delay, observer: this, activity: this.#activity, lag, habits }
      return new SimulatedProcess(name, plan, timeline, this.#servers, used, logger, around)
    }
    for (let index = 0; index < plan.clients; index++)
      this.#clients.push(this.#settle(`c${index + 1}`, `reconnects ${index}`, delay, RESIDENT))
  }

  /** A new process whose connections suffer no faults except those of the nodes. */
  #visit(dialsIn: () => number): SimulatedProcess {
    const { plan } = this.#stage
    const name = `v${this.#visitors.length + 1}`
    const network = new SeededRandom(plan.seed, `network of ${name}`)
    const steady = (): number => plan.delay + network.fraction() * plan.jitter
    const habits = { dialsIn, dialsFrozen: true, hangsUp: 'lost' } as const
    const visitor = this.#settle(name, `reconnects ${name}`, steady, habits)
    this.#visitors.push(visitor)
    return visitor
  }

  async run(): Promise<SimulationReport> {
    const { plan, oracle } = { plan: this.#plan, oracle: this.#oracle }
    const actors = this.#clients.flatMap((client) =>
      Array.from({ length: plan.actors }, (_, index) => new Actor(this.#stage, client, index)),
    )
    new Storm(this.#stage, this.#servers).start()
    for (const actor of actors) actor.start()
    const waiting = (): Actor[] => actors.filter((actor) => !actor.isDone && !actor.client.isCrashed)
    await this.#runUntil(plan.stormUntil + patience(plan), () => waiting().length > 0)
    if (oracle.violation === undefined && waiting().length > 0) {
      oracle.report(
        'liveness',
        `${waiting()
          .map(({ name }) => name)
          .join()} made no progress after the storm`,
      )
    }
    await this.#quiesce()
    return {
      seed: plan.seed,
      plan,
      violation: oracle.violation,
      hash: this.#trace.hash,
      trace: this.#trace.lines,
      history: oracle.chronicle?.events ?? [],
      marks: this.#marks.reached,
      attempts: this.#stage.attempts,
      rounds: this.#rounds,
      duration: this.#timeline.now,
    }
  }

  /** All users are done, so nothing may be left. Then every client is closed. */
  async #quiesce(): Promise<void> {
    const { timeline } = { timeline: this.#timeline }
    if (this.#oracle.violation !== undefined) return
    await this.#runUntil(timeline.now + SETTLING, () => true)
    this.#leftovers.checkServers(this.#servers)
    if (this.#plan.world === 'restoring' && this.#plan.guard) this.#leftovers.checkRestored(this.#servers)
    const living = [...this.#clients, ...this.#visitors].filter(({ isCrashed }) => !isCrashed)
    let closing = living.length
    for (const client of living) {
      void client.redlock.close().then(() => {
        closing--
      })
    }
    await this.#runUntil(timeline.now + CLOSING, () => closing > 0)
    if (closing > 0) this.#oracle.report('liveness', 'close() did not end')
    this.#leftovers.checkAwaited(living)
    await this.#runUntil(timeline.now + 2 * Math.max(...this.#plan.ttls) + SETTLING, () => true)
    this.#leftovers.checkAgendas(living)
  }

  /** Runs events, one client turn after another, until `until`, a violation, or `goesOn` returns false. */
  async #runUntil(until: number, goesOn: () => boolean): Promise<void> {
    const { timeline, activity } = { timeline: this.#timeline, activity: this.#activity }
    let turns = 0
    await inTurns(() => {
      this.#oracle.step()
      if (this.#oracle.violation !== undefined) return false
      if ((turns++ & 63) === 0 && !goesOn()) return false
      for (;;) {
        const event = timeline.next(until)
        if (event === undefined) {
          timeline.now = Math.max(timeline.now, Number.isFinite(until) ? until : timeline.now)
          return false
        }
        event.happen()
        if (!activity.ran) continue
        activity.ran = false
        return true
      }
    })
  }

  // ── notifications from links and servers ───────────────────────────────────────────────────────────────────────────

  sent(link: SimulatedLink, command: NodeCommand): void {
    if (command.kind === 'acquire') this.#noteRound(command)
    this.#marks.sent(link, command)
    this.#fairness?.sent(link, command)
    this.#trace.add(1, link.server.index)
    if (this.#trace.isReadable) this.#trace.write(`${link.client} → ${link.name}  ${shownCommand(command)}`)
  }

  answered(link: SimulatedLink, command: NodeCommand, reply: NodeReply): void {
    this.#marks.answered(link, command, reply)
    this.#fairness?.answered(link, command, reply)
    this.#trace.add(2 + VOTES.indexOf(reply.vote), link.server.index)
    if (this.#trace.isReadable)
      this.#trace.write(`${link.client} ← ${link.name}  ${shownCommand(command)}: ${shownReply(reply)}`)
  }

  connection(link: SimulatedLink, connected: boolean): void {
    this.#trace.add(connected ? 8 : 9, link.server.index)
    if (this.#trace.isReadable)
      this.#trace.write(`${link.client} ${connected ? 'connected to' : 'lost'} ${link.name}`)
  }

  stray(link: SimulatedLink): void {
    this.#marks.reach('data of a connection given up')
    this.#stage.note(() => `${link.client} has data in flight to ${link.name} over a dead connection`)
  }

  executed(server: Server, command: NodeCommand, reply: NodeReply, late: boolean): void {
    if (command.kind === 'force')
      for (const key of command.keys) this.#oracle.forced(key.slice('lock:'.length))
    if (late) {
      this.#marks.reach(`late ${command.kind} applied`)
      if ('value' in command) this.#leftovers.excuse(command.value)
    }
    this.#leftovers.checkStep(server, command, reply)
    if (command.kind === 'release')
      this.#oracle.released(server, command.value, reply, () => this.#isDecisive(command))
    this.#trace.add(10 + VOTES.indexOf(reply.vote), server.index)
    if (!this.#trace.isReadable) return
    const how = late ? ' (late)' : ''
    this.#trace.write(`      ${server.name}: ${shownCommand(command)}: ${shownReply(reply)}${how}`)
  }

  published(server: Server, waiterId: string, heard: boolean, handed: Handed | undefined): void {
    this.#marks.reach(heard ? 'wake-up published' : 'wake-up published to no subscriber')
    if (heard && handed !== undefined) {
      this.#marks.handed(server, waiterId)
      this.#fairness?.handed(server, waiterId)
    }
    this.#trace.add(15, server.index)
    if (!this.#trace.isReadable) return
    const gift = handed === undefined ? '' : ` and hands over for ${handed.remaining} ms`
    this.#trace.write(`      ${server.name} wakes ${waiterId}${gift}`)
  }

  lostData(server: Server): void {
    this.#marks.reach('data lost')
    this.#trace.add(16, server.index)
    if (this.#trace.isReadable) this.#trace.write(`      ${server.name} lost data`)
  }

  /** Whether a quorum would still have the keys without this release. */
  #isDecisive({ keys, value }: ReleaseCommand): boolean {
    const having = this.#servers.filter(({ state }) =>
      keys.every((key) => state.locks.get(key)?.value === value),
    )
    return having.length === this.#plan.quorum - 1
  }

  /** The commands of one round are sent one after another, and share a waiter or a value that no other round has. */
  #noteRound({ queue, value }: AcquireCommand): void {
    const round = typeof queue === 'object' ? queue : value
    if (round === this.#lastRound) return
    this.#lastRound = round
    this.#rounds++
  }
}

/** Processes that exist from the beginning. */
const RESIDENT: Habits = { dialsIn: () => 0, dialsFrozen: false, hangsUp: 0 }

/** The lag of an event loop whose timers always fire late. */
function lateness({ seed, edges }: Plan, process: string): () => number {
  if (!edges.has('lag')) return () => 0
  const chance = new SeededRandom(seed, `lag of ${process}`)
  return () => chance.between(LEAST_LAG, MOST_LAG)
}

const VOTES = ['granted', 'refused', 'failed', 'unknown']
/** The longest pause between probes is 10 s, between retries of a release 5 s; a place lives for 3 s. */
const SETTLING = 20_000
const CLOSING = 10_000

/** Upper bound of the time in which every user acquires every resource once more, milliseconds. */
function patience(plan: Plan): number {
  const longest = Math.max(...plan.ttls)
  const users = plan.clients * plan.actors
  return (
    60_000 +
    6 * longest +
    users * plan.resources * (200 + 3 * plan.sectionTime + 20 * plan.spike * plan.spikeChance) +
    users * 3 * longest
  )
}
