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
  /** How long it stays known that the work was done, milliseconds. Default 3,600,000. At most 2,147,483,647 (24 days). */
  readonly retention?: number | undefined
  /**
   * How long to wait for another caller who is at it, milliseconds. Default 0: be told `running` at once.
   * A caller who waits is told `done` when the other one succeeds, and does the work itself when that one fails.
   */
  readonly wait?: number | undefined
  /** How long a caller that crashed in the middle keeps others from trying, milliseconds. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Ends the wait, and is passed on to the function. */
  readonly signal?: AbortSignal | undefined
}

export type OnceOutcome<T> =
  /** `kept` is false when the lock was lost before the work could be marked as done: somebody may do it again. */
  | { readonly status: 'ran'; readonly value: T; readonly kept: boolean }
  /** It was done before, within the retention time. */
  | { readonly status: 'done' }
  /** Another caller is at it. */
  | { readonly status: 'running' }

const DEFAULT_RETENTION = 3_600_000

/**
 * Runs `fn` unless that was done before under the same key: known as done for the retention time after a success,
 * free again at once after a failure and after the TTL when the process crashed.
 *
 * Two locks: one is held while it runs, so that others can wait; the other one is taken after a success, and stays as
 * the mark that it was done. Taken before, what a crashed process leaves of it could be mistaken for a success.
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

  /** Never rejects: what was to be done is done. */
  async function setMark(turn: Lock): Promise<boolean> {
    try {
      const set = await redlock.tryAcquire(mark, { ttl: retention, autoExtend: false, maxHold: UNLIMITED })
      set?.detach()
      // Whose turn was over before it was marked may have been followed already by one that saw no mark.
      return set !== null && turn.held
    } catch (error) {
      if (error instanceof QuorumLockError) return false
      throw error
    }
  }
}
