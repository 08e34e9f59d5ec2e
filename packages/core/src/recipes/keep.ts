import { QuorumLockError } from '../errors.js'
import type { Lock } from '../lock.js'

/**
 * For locks that a recipe keeps as a mark: how long they stay is the recipe's business, so that a `maxHold` of the
 * client must not take them back before.
 */
export const UNLIMITED: number = Number.MAX_SAFE_INTEGER

/** Shorter times would not outlast the drift allowance of a lock, milliseconds. */
export const SHORTEST_KEEP = 10

/**
 * Leaves a lock to expire by itself after `time` milliseconds. False when that could not be made sure: it was lost, or
 * its nodes cannot extend. Never rejects, since what the lock protected has succeeded already.
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
