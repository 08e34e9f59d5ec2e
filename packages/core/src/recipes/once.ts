import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import {
  checkFunction,
  checkName,
  checkOptions,
  checkRedlock,
  checkSignal,
  checkTime,
  checkWait,
} from './checks.js'
import { confirmed } from './confirmed.js'
import { SHORTEST_KEEP, UNLIMITED } from './keep.js'
import { follow } from './signals.js'

export interface OnceOptions {
  /** Milliseconds for which the work stays marked as done. Default 3,600,000. At most 2,147,483,647 (24 days). */
  readonly retention?: number | undefined
  /**
   * Milliseconds to wait for another caller that is running the work. Default 0: resolve to `running` at once.
   * A caller that waits resolves to `done` if the other caller succeeds, and runs the work itself if the other one
   * fails.
   */
  readonly wait?: number | undefined
  /** Milliseconds for which a caller that crashed during the work blocks others. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Ends the wait, and also aborts the signal that is passed to the function. */
  readonly signal?: AbortSignal | undefined
}

export type OnceOutcome<T> =
  /**
   * `kept` is false if the lock was lost before the work could be marked as done. Then another caller may repeat it.
   */
  | { readonly status: 'ran'; readonly value: T; readonly kept: boolean }
  /** The work has already been done within the retention time. */
  | { readonly status: 'done' }
  /** Another caller is running the work. */
  | { readonly status: 'running' }

const DEFAULT_RETENTION = 3_600_000

/**
 * Runs `fn` unless it has already been done under the same key. After a success the key stays marked as done for the
 * retention time. After a failure it is free at once, and after a crash of the process it is free once the TTL has
 * passed.
 *
 * Uses two locks. The first is held while the work runs, so that other callers can wait. The second is acquired after a
 * success and remains as the mark. If it were acquired before, a crash would leave a mark that looks like a success.
 */
export async function once<T>(
  redlock: Redlock,
  key: string,
  fn: (signal: AbortSignal) => T | Promise<T>,
  options: OnceOptions = {},
): Promise<OnceOutcome<T>> {
  checkRedlock(redlock)
  checkName('key', key)
  checkFunction('fn', fn)
  checkOptions(options, ['retention', 'wait', 'ttl', 'signal'])
  checkTime('retention', options.retention, SHORTEST_KEEP)
  checkTime('ttl', options.ttl, 1)
  checkWait('wait', options.wait)
  checkSignal(options.signal)
  const { ttl, signal, wait = 0, retention = DEFAULT_RETENTION } = options
  const lockOptions = { ttl, signal, wait, autoExtend: true, maxHold: UNLIMITED }

  const mark = `once:${key}:done`
  const turn = await takeTurn()
  if (turn === undefined) return { status: 'running' }
  try {
    if (await redlock.isLocked(mark)) return { status: 'done' }
    return await run(turn)
  } finally {
    await turn.release()
  }

  async function takeTurn(): Promise<Lock | undefined> {
    try {
      return await redlock.acquire(`once:${key}`, lockOptions)
    } catch (error) {
      if (error instanceof QuorumLockError && error.code === 'CONTENDED') return undefined
      throw error
    }
  }

  async function run(turn: Lock): Promise<OnceOutcome<T>> {
    const following = follow(turn.signal, signal)
    try {
      await confirmed(turn)
      const value = await fn(following.signal)
      return { status: 'ran', value, kept: await setMark(turn) }
    } finally {
      following.dispose()
    }
  }

  /** Does not reject if no lock can be acquired, because the work has already succeeded. */
  async function setMark(turn: Lock): Promise<boolean> {
    try {
      const set = await redlock.tryAcquire(mark, { ttl: retention, autoExtend: false, maxHold: UNLIMITED })
      set?.detach()
      // If the turn ended before the mark was set, another caller may have taken its turn without seeing the mark.
      return set !== null && turn.held
    } catch (error) {
      if (error instanceof QuorumLockError) return false
      throw error
    }
  }
}
