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
  /** Milliseconds for which a process that crashed during a task blocks others. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Called if a task throws, or if no quorum was reached at a due time. Default: emits a process warning. */
  readonly onError?:
    | ((error: unknown, job: { readonly name: string; readonly due: Date }) => void)
    | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

export interface JobOptions {
  /** Run the task once per due time across all processes. Default true; false runs it in every process. */
  readonly lock?: boolean | undefined
  /**
   * What to do about a due time that passed while no process could run it, or while the previous run was in progress:
   * - `skip` (default): nothing; the next run is at the next due time
   * - `run`: run the latest missed one as soon as possible, also right after the start and after a crash
   */
  readonly missed?: 'skip' | 'run' | undefined
  /** Milliseconds by which a run may start late before it counts as missed. Default 10,000. */
  readonly tolerance?: number | undefined
  /**
   * Minimum time after its due time for which a run stays marked as done, in milliseconds. It prevents a very short
   * task from running twice if the clocks of two processes differ by less. Default: until the next due time plus the
   * tolerance.
   */
  readonly minimumHold?: number | undefined
}

export interface CronOptions extends JobOptions {
  /** A time zone such as `Europe/Berlin`. Default `UTC`, so that processes in all time zones agree. */
  readonly timezone?: string | undefined
}

export interface StopOptions {
  /** Milliseconds for which running tasks may continue before their signals abort. Default 30,000. */
  readonly grace?: number | undefined
}

const JOB_OPTIONS = ['lock', 'missed', 'tolerance', 'minimumHold'] as const
const DEFAULT_TOLERANCE = 10_000
const DEFAULT_GRACE = 30_000
/** Milliseconds for which `stop()` still waits for a task after its signal was aborted. */
const ABORT_GRACE = 5_000

/** Recurring tasks, each run by only one process per due time. Due times are absolute, so all processes share them. */
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

  /** Runs `task` at every whole multiple of `interval` milliseconds since 1970, so `60_000` is every full minute. */
  every(name: string, interval: number, task: Task, options: JobOptions = {}): void {
    checkOptions(options, JOB_OPTIONS)
    this.#add(name, everyInterval(interval), task, options)
  }

  /** Runs `task` at the times of a cron expression with five parts, or six with seconds first. */
  cron(name: string, expression: string, task: Task, options: CronOptions = {}): void {
    checkOptions(options, [...JOB_OPTIONS, 'timezone'])
    const { timezone, ...rest } = options
    this.#add(name, cronExpression(expression, timezone), task, rest)
  }

  /** Ends one job. A run in progress continues to its end. Returns whether there was a job of this name. */
  remove(name: string): boolean {
    this.#jobs.get(name)?.end()
    return this.#jobs.delete(name)
  }

  /**
   * Starts no new runs and waits for running tasks. After `grace` their signals abort. Resolves to true once every task
   * has ended. Resolves to false if a task ignored its signal; its lock is kept while it runs. Idempotent.
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
    return this.#within(ABORT_GRACE, ended)
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
      throw new TypeError(`Cannot schedule ${shown(name)}: this Scheduler is stopped. Create a new one`)
    }
    if (this.#jobs.has(name)) {
      throw new TypeError(
        `Expected \`name\` to be new, got ${shown(name)}: a job of this name already exists. Call remove() first`,
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

/** A failed task must be reported, and must not end the process. */
function warn(error: unknown, { name, due }: { readonly name: string; readonly due: Date }): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`The scheduled task ${shown(name)}, due at ${due.toISOString()}, failed: ${reason}`)
}
