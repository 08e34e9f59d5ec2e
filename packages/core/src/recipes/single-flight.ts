import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'
import { shown } from '../check.js'
import type { Redlock } from '../redlock.js'
import {
  checkFunction,
  checkGiven,
  checkName,
  checkOptions,
  checkRedlock,
  checkSignal,
  checkTime,
  checkWait,
} from './checks.js'
import { confirmed } from './confirmed.js'
import { unlessAborted } from './signals.js'

export interface SingleFlightOptions<T> {
  /** Reads the cache. `undefined` or `null` means a miss. */
  readonly read: () => T | null | undefined | Promise<T | null | undefined>
  /** Loads the value. The signal aborts if the lock is lost, because another caller may then be loading too. */
  readonly load: (signal: AbortSignal) => T | Promise<T>
  /**
   * Writes the value to the cache. Not called if the lock was lost while loading, because a newer value may be there.
   */
  readonly write: (value: T) => unknown
  /** Milliseconds to wait for the load of another caller. Default: the `wait` of the Redlock. */
  readonly wait?: number | undefined
  /**
   * What to do if the lock cannot be acquired in time, or no quorum can be reached, and the cache is still empty:
   * - `load` (default): load the value anyway, without a lock and without writing it
   * - `reject`: reject with the `LockContendedError` or `QuorumUnavailableError`
   * - a function: use its result, such as an older value
   */
  readonly otherwise?: 'load' | 'reject' | ((error: QuorumLockError) => T | Promise<T>) | undefined
  /** Milliseconds for which a caller that crashed while loading blocks others. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Ends the wait of this caller. A load that other callers share continues. */
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = ['read', 'load', 'write', 'wait', 'otherwise', 'ttl', 'signal'] as const

/** Callers of one process share a flight, so that only one of them queues for the lock. */
const flights = new WeakMap<Redlock, Map<string, Promise<unknown>>>()

/**
 * Prevents cache stampedes. If any number of callers in any number of processes miss the same key, one of them loads
 * the value and the others get what it wrote. Reads the cache, locks, reads again, loads, writes.
 *
 * Callers of one process that miss the same key at the same time share one flight, with the functions of the first
 * caller.
 */
export async function singleFlight<T>(
  redlock: Redlock,
  key: string,
  options: SingleFlightOptions<T>,
): Promise<T> {
  check(redlock, key, options)
  options.signal?.throwIfAborted()
  const cached = await options.read()
  if (cached !== undefined && cached !== null) return cached

  const own = flights.get(redlock) ?? new Map<string, Promise<unknown>>()
  flights.set(redlock, own)
  let flight = own.get(key) as Promise<T> | undefined
  if (flight === undefined) {
    flight = fly(redlock, key, options).finally(() => own.delete(key))
    own.set(key, flight)
  }
  return unlessAborted(flight, options.signal)
}

async function fly<T>(redlock: Redlock, key: string, options: SingleFlightOptions<T>): Promise<T> {
  const { ttl, wait } = options
  let lock: Lock
  try {
    lock = await redlock.acquire(`flight:${key}`, { ttl, wait, autoExtend: true })
  } catch (error) {
    if (!isOutOfReach(error)) throw error
    return withoutLock(options, error)
  }
  try {
    const written = await options.read()
    if (written !== undefined && written !== null) return written
    try {
      await confirmed(lock)
    } catch (error) {
      if (!isOutOfReach(error)) throw error
      return await withoutLock(options, error)
    }
    const value = await options.load(lock.signal)
    if (lock.held) await options.write(value)
    return value
  } finally {
    await lock.release()
  }
}

async function withoutLock<T>(options: SingleFlightOptions<T>, error: QuorumLockError): Promise<T> {
  const { otherwise = 'load' } = options
  const written = await options.read()
  if (written !== undefined && written !== null) return written
  if (otherwise === 'reject') throw error
  return otherwise === 'load' ? options.load(new AbortController().signal) : otherwise(error)
}

function isOutOfReach(error: unknown): error is QuorumLockError {
  return error instanceof QuorumLockError && ['CONTENDED', 'UNAVAILABLE', 'LOST'].includes(error.code)
}

function check<T>(redlock: Redlock, key: string, options: SingleFlightOptions<T>): void {
  checkRedlock(redlock)
  checkName('key', key)
  checkGiven('options', options)
  checkOptions(options, OPTIONS)
  checkFunction('read', options.read)
  checkFunction('load', options.load)
  checkFunction('write', options.write)
  checkWait('wait', options.wait)
  checkTime('ttl', options.ttl, 1)
  checkSignal(options.signal)
  const { otherwise } = options
  if (
    otherwise === undefined ||
    otherwise === 'load' ||
    otherwise === 'reject' ||
    typeof otherwise === 'function'
  ) {
    return
  }
  throw new TypeError(`Expected \`otherwise\` to be "load", "reject" or a function, got ${shown(otherwise)}`)
}
