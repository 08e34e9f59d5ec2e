import type { Clock } from '../clock.js'
import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import { LONGEST_TIME } from './checks.js'
import { confirmed } from './confirmed.js'
import { keep, UNLIMITED } from './keep.js'
import { follow } from './signals.js'
import { pause } from './time.js'
import type { Timetable } from './timetable.js'

/** The signal aborts when the lock is lost, and when the scheduler stops and its patience is over. */
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

/** The wall clock may be set meanwhile, so it is looked at again at least so often, milliseconds. */
const LONGEST_NAP = 30_000
/** Between two tries to reach a quorum, milliseconds. */
const RETRY = 1_000
/** Between two looks after a run that may have crashed, milliseconds. */
const RECHECK = 10_000

/**
 * One job: sleeps until its next due time, claims it, runs it. Two locks: that of the due time is kept long enough
 * that nobody takes it for undone, that of the job itself keeps two runs from overlapping.
 */
export class Job {
  readonly #redlock: Redlock
  readonly #clock: Clock
  readonly #plan: JobPlan
  /** Aborted: nothing new is started. */
  readonly #ending = new AbortController()
  /** Aborted: what is running has to stop. */
  readonly #patience = new AbortController()
  /** Resolves when the job has ended and nothing of it runs any more. */
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
    this.#patience.abort(new DOMException('The scheduler is stopping', 'AbortError'))
  }

  async #live(): Promise<void> {
    const { timetable, missed } = this.#plan
    const started = this.#clock.wall()
    // With `run`, the due time before the start may be one that nobody has run: its lock tells.
    let last = missed === 'run' ? (timetable.upTo(started) ?? started) - 1 : started
    for (;;) {
      const next = timetable.after(last)
      if (next === undefined) return
      await this.#sleepUntil(next)
      if (this.#ending.signal.aborted) return
      // Of several that have passed meanwhile only the latest one can still be wanted.
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
      await pause(this.#clock, Math.min(left, LONGEST_NAP), signal)
    }
  }

  async #runAlone(due: number): Promise<void> {
    const { timetable, missed, tolerance } = this.#plan
    const next = timetable.after(due) ?? Infinity
    const gap = Math.min(next - due, LONGEST_TIME - tolerance)
    const claimUntil = due + (missed === 'run' ? gap : tolerance)
    const mark = await this.#claim(due, claimUntil)
    if (mark === undefined) return
    let settled = false
    try {
      settled = await this.#runInTurn(due, mark, missed === 'run' ? this.#left(claimUntil) : 0)
    } catch (error) {
      // After a failure, too, it has been run.
      settled = true
      throw error
    } finally {
      const left = this.#left(due + this.#holdOf(gap))
      // Processes whose clocks are behind come to it only now.
      if (settled && left > 0) await keep(mark, left)
      else await mark.release()
    }
  }

  /** Runs it when no other run is going on. False when the job was ended before it could begin. */
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
      // The run before is still going on, and this due time is past.
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
    // Whoever looks for runs to make up for must find it up to the next due time.
    return missed === 'run' ? Math.max(hold, gap + tolerance) : hold
  }

  /** The lock of a due time, or `undefined` when it is somebody else's. Tries for as long as that makes sense. */
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
        // With `run`, whoever has it is watched: it may crash in the middle of it.
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
    const following = follow(this.#patience.signal, ...locks)
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
