import type { Clock } from '../clock.js'
import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import { LONGEST_TTL } from '../resolve-options.js'
import { confirmed } from './confirmed.js'
import { keep, UNLIMITED } from './keep.js'
import { follow } from './signals.js'
import { pause } from './time.js'
import type { Timetable } from './timetable.js'

/** The signal aborts if the lock is lost, and at the end of the grace time when the scheduler stops. */
export type Task = (signal: AbortSignal, due: Date) => unknown

export interface JobPlan {
  readonly name: string
  readonly timetable: Timetable
  readonly task: Task
  readonly lock: boolean
  readonly missed: 'skip' | 'run'
  readonly tolerance: number
  readonly minimumHold: number | undefined
  readonly ttl: number | undefined
  readonly onError: (error: unknown, due: number) => void
}

/** In milliseconds. The wall clock may be set during a pause, so it is read again at least this often. */
const LONGEST_PAUSE = 30_000
/** Milliseconds between two attempts to reach a quorum. */
const RETRY = 1_000
/** Milliseconds between two checks for a run that may have crashed. */
const RECHECK = 10_000

/**
 * One job. It sleeps until its next due time, claims that time and runs the task. It uses two locks. The lock of the
 * due time is kept long enough that no process runs it a second time. The lock of the job prevents overlapping runs.
 */
export class Job {
  readonly #redlock: Redlock
  readonly #clock: Clock
  readonly #plan: JobPlan
  /** Once aborted, no new run is started. */
  readonly #ending = new AbortController()
  /** Once aborted, a run in progress must stop. */
  readonly #abortion = new AbortController()
  /** Resolves once the job has ended and no run is in progress. */
  readonly settled: Promise<void>

  constructor(redlock: Redlock, clock: Clock, plan: JobPlan) {
    this.#redlock = redlock
    this.#clock = clock
    this.#plan = plan
    this.settled = this.#live()
  }

  end(): void {
    this.#ending.abort()
  }

  abort(): void {
    this.#abortion.abort(new DOMException('The scheduler is stopping', 'AbortError'))
  }

  async #live(): Promise<void> {
    const { timetable, missed } = this.#plan
    const started = this.#clock.wall()
    // With `run`, the due time before the start may not have been run by any process. Its lock shows whether it was.
    let last = missed === 'run' ? (timetable.upTo(started) ?? started) - 1 : started
    for (;;) {
      const next = timetable.after(last)
      if (next === undefined) return
      await this.#sleepUntil(next)
      if (this.#ending.signal.aborted) return
      // If several due times have passed in the meantime, only the latest one is still relevant.
      const due = Math.max(next, timetable.upTo(this.#clock.wall()) ?? next)
      last = due
      if (missed === 'skip' && this.#clock.wall() - due > this.#plan.tolerance) continue
      try {
        await (this.#plan.lock ? this.#runAlone(due) : this.#run(due))
      } catch (error) {
        this.#plan.onError(error, due)
      }
    }
  }

  async #sleepUntil(due: number): Promise<void> {
    const { signal } = this.#ending
    for (let left = this.#left(due); left > 0 && !signal.aborted; left = this.#left(due)) {
      await pause(this.#clock, Math.min(left, LONGEST_PAUSE), signal)
    }
  }

  async #runAlone(due: number): Promise<void> {
    const { timetable, missed, tolerance } = this.#plan
    const next = timetable.after(due) ?? Infinity
    const gap = Math.min(next - due, LONGEST_TTL - tolerance)
    const claimUntil = due + (missed === 'run' ? gap : tolerance)
    const mark = await this.#claim(due, claimUntil)
    if (mark === undefined) return
    let settled = false
    try {
      settled = await this.#runInTurn(due, mark, missed === 'run' ? this.#left(claimUntil) : 0)
    } catch (error) {
      // A run that failed has been run too.
      settled = true
      throw error
    } finally {
      const left = this.#left(due + this.#holdOf(gap))
      // Processes whose clocks are behind reach this due time only now, so the lock must remain.
      if (settled && left > 0) await keep(mark, left)
      else await mark.release()
    }
  }

  /** Runs the task once no other run is in progress. False if the job was ended before the run could begin. */
  async #runInTurn(due: number, mark: Lock, wait: number): Promise<boolean> {
    const { name, ttl } = this.#plan
    const { signal } = this.#ending
    let turn: Lock
    try {
      turn = await this.#redlock.acquire(`schedule:${name}`, {
        ttl,
        signal,
        wait: Math.max(0, Math.floor(wait)),
        autoExtend: true,
      })
    } catch (error) {
      if (signal.aborted) return false
      // The previous run is still in progress, so this due time is missed.
      if (error instanceof QuorumLockError && error.code === 'CONTENDED') return true
      throw error
    }
    try {
      await confirmed(turn)
      await this.#run(due, turn.signal, mark.signal)
    } finally {
      await turn.release()
    }
    return true
  }

  #holdOf(gap: number): number {
    const { missed, minimumHold, tolerance } = this.#plan
    const hold = minimumHold ?? gap + tolerance
    // A process that looks for missed runs must find this lock until the next due time.
    return missed === 'run' ? Math.max(hold, gap + tolerance) : hold
  }

  /** The lock of a due time, or `undefined` if another process has it. Retries until `until`. */
  async #claim(due: number, until: number): Promise<Lock | undefined> {
    const { name, missed, ttl } = this.#plan
    const { signal } = this.#ending
    for (;;) {
      let failure: unknown
      try {
        const mark = await this.#redlock.tryAcquire(`schedule:${name}@${due}`, {
          ttl,
          autoExtend: true,
          maxHold: UNLIMITED,
        })
        // With `run`, this process keeps checking the holder, which may crash during its run.
        if (mark !== null || missed === 'skip') return mark ?? undefined
      } catch (error) {
        if (!(error instanceof QuorumLockError && error.code === 'UNAVAILABLE')) throw error
        failure = error
      }
      const left = this.#left(until)
      if (left > 0) await pause(this.#clock, Math.min(failure === undefined ? RECHECK : RETRY, left), signal)
      if (signal.aborted) return undefined
      if (this.#left(until) > 0) continue
      if (failure !== undefined) throw failure as Error
      return undefined
    }
  }

  async #run(due: number, ...locks: readonly AbortSignal[]): Promise<void> {
    const following = follow(this.#abortion.signal, ...locks)
    try {
      await this.#plan.task(following.signal, new Date(due))
    } finally {
      following.dispose()
    }
  }

  #left(until: number): number {
    return until - this.#clock.wall()
  }
}
