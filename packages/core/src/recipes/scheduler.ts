import process from 'node:process'
import { systemClock, type Clock } from '../clock.js'
import { shown } from '../check.js'
import type { Redlock } from '../redlock.js'
import {
  checkClock,
  checkFunction,
  checkName,
  checkOneOf,
  checkOptions,
  checkRedlock,
  checkTime,
} from './checks.js'
import { Job, type JobPlan, type Task } from './job.js'
import { pause } from './time.js'
import { cronExpression, everyInterval, type Timetable } from './timetable.js'

export interface SchedulerOptions {
  /** How long a process that crashed while at a task keeps others from running it, milliseconds. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Hears of tasks that throw and of due times at which no quorum was reached. Default: a warning of the process. */
  readonly onError?:
    | ((error: unknown, job: { readonly name: string; readonly due: Date }) => void)
    | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

export interface JobOptions {
  /** One run across all processes per due time. Default true; false runs it in every process. */
  readonly lock?: boolean | undefined
  /**
   * What becomes of a due time that passed while no process could run it, or while the run before was still going on:
   * - `skip` (default): nothing, the next due time is soon enough
   * - `run`: the latest one is made up for as soon as that is possible, also right after the start and after a crash
   */
  readonly missed?: 'skip' | 'run' | undefined
  /** How late a run may start before it counts as missed, milliseconds. Default 10,000. */
  readonly tolerance?: number | undefined
  /**
   * How long after its due time a run stays known, at the least, milliseconds: a very short task does not run twice
   * while the clocks of two processes differ by less. Default: up to the next due time and the tolerance.
   */
  readonly minimumHold?: number | undefined
}

export interface CronOptions extends JobOptions {
  /** Such as `Europe/Berlin`. Default `UTC`, so that all processes agree wherever they run. */
  readonly timezone?: string | undefined
}

export interface StopOptions {
  /** How long running tasks may go on before their signals abort, milliseconds. Default 30,000. */
  readonly grace?: number | undefined
}

const JOB_OPTIONS = ['lock', 'missed', 'tolerance', 'minimumHold'] as const
const DEFAULT_TOLERANCE = 10_000
const DEFAULT_GRACE = 30_000
/** What a task has left after its signal was aborted before `stop()` no longer waits for it, milliseconds. */
const LAST_WORDS = 5_000

/** Recurring tasks of which each due time is run by one process only. Due times are absolute: all processes share them. */
export class Scheduler {
  readonly #redlock: Redlock
  readonly #ttl: number | undefined
  readonly #clock: Clock
  readonly #onError: NonNullable<SchedulerOptions['onError']>
  readonly #jobs = new Map<string, Job>()
  #stopping: Promise<boolean> | undefined

  constructor(redlock: Redlock, options: SchedulerOptions = {}) {
    checkRedlock(redlock)
    checkOptions(options, ['ttl', 'onError', 'clock'])
    checkTime('ttl', options.ttl, 1)
    checkFunction('onError', options.onError, 'optional')
    checkClock(options.clock)
    this.#redlock = redlock
    this.#ttl = options.ttl
    this.#clock = options.clock ?? systemClock
    this.#onError = options.onError ?? warn
  }

  /** Runs `task` at every whole multiple of `interval` milliseconds since 1970: `60_000` is every full minute. */
  every(name: string, interval: number, task: Task, options: JobOptions = {}): void {
    checkOptions(options, JOB_OPTIONS)
    this.#add(name, everyInterval(interval), task, options)
  }

  /** Runs `task` whenever the cron expression says; five parts, or six with seconds first. */
  cron(name: string, expression: string, task: Task, options: CronOptions = {}): void {
    checkOptions(options, [...JOB_OPTIONS, 'timezone'])
    const { timezone, ...rest } = options
    this.#add(name, cronExpression(expression, timezone), task, rest)
  }

  /** Ends one job; a run that is under way goes on to its end. Whether there was one of this name. */
  remove(name: string): boolean {
    this.#jobs.get(name)?.end()
    return this.#jobs.delete(name)
  }

  /**
   * Starts nothing more and waits for what is running; after `grace` the tasks' signals abort. Resolves true when
   * every task has ended, false when one did not heed its signal: its lock is kept for as long as it runs. Idempotent.
   */
  stop({ grace = DEFAULT_GRACE }: StopOptions = {}): Promise<boolean> {
    checkTime('grace', grace, 0)
    this.#stopping ??= this.#stop(grace)
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(grace: number): Promise<boolean> {
    const jobs = [...this.#jobs.values()]
    for (const job of jobs) job.end()
    const ended = Promise.all(jobs.map(({ settled }) => settled)).then(() => true)
    if (await this.#within(grace, ended)) return true
    for (const job of jobs) job.abort()
    return this.#within(LAST_WORDS, ended)
  }

  async #within(time: number, ended: Promise<boolean>): Promise<boolean> {
    const waiting = new AbortController()
    const tooLate = pause(this.#clock, time, waiting.signal).then(() => false)
    try {
      return await Promise.race([ended, tooLate])
    } finally {
      waiting.abort()
    }
  }

  #add(name: string, timetable: Timetable, task: Task, options: JobOptions): void {
    checkName('name', name)
    checkFunction('task', task)
    checkOneOf('lock', options.lock, [true, false])
    checkOneOf('missed', options.missed, ['skip', 'run'])
    checkTime('tolerance', options.tolerance, 0)
    checkTime('minimumHold', options.minimumHold, 0)
    if (this.#stopping !== undefined) {
      throw new TypeError(`Cannot schedule ${shown(name)}: this Scheduler was stopped. Make a new one`)
    }
    if (this.#jobs.has(name)) {
      throw new TypeError(
        `Expected \`name\` to be new, got ${shown(name)}: there is such a job already, remove() it first`,
      )
    }
    const plan: JobPlan = {
      name,
      timetable,
      task,
      lock: options.lock ?? true,
      missed: options.missed ?? 'skip',
      tolerance: options.tolerance ?? DEFAULT_TOLERANCE,
      minimumHold: options.minimumHold,
      ttl: this.#ttl,
      onError: (error, due) => {
        this.#onError(error, { name, due: new Date(due) })
      },
    }
    this.#jobs.set(name, new Job(this.#redlock, this.#clock, plan))
  }
}

/** A failed task must be seen somewhere, and must not end the process. */
function warn(error: unknown, { name, due }: { readonly name: string; readonly due: Date }): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`The scheduled task ${shown(name)}, due at ${due.toISOString()}, failed: ${reason}`)
}
