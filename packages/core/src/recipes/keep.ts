import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'

/**
 * The `maxHold` of locks that a recipe keeps as a mark. The recipe decides how long they remain, so a `maxHold` of the
 * client must not end them earlier.
 */
export const UNLIMITED: number = Number.MAX_SAFE_INTEGER

/** In milliseconds. A shorter time would not outlast the drift allowance of a lock. */
export const SHORTEST_KEEP = 10

/**
 * Leaves a lock to expire after `time` milliseconds. False if this could not be confirmed, because the lock was lost or
 * its nodes cannot extend it. Never rejects with an error of a lock, because the protected work has already succeeded.
 */
export async function keep(lock: Lock, time: number): Promise<boolean> {
  try {
    await lock.extend(Math.max(SHORTEST_KEEP, Math.round(time)))
    return true
  } catch (error) {
    if (error instanceof QuorumLockError) return false
    throw error
  } finally {
    lock.detach()
  }
}
