import type { Lock } from '../lock.js'

/**
 * A lock that the nodes handed over lasts for 3 s at most until its first extension was answered. Work that keeps the
 * process busy would put off that answer until the lock is lost, and `remaining()` would return too little; so recipes
 * wait for it before the work begins. Rejects with `LockLostError` when the lock was lost.
 */
export async function confirmed(lock: Lock): Promise<void> {
  lock.assertHeld()
  if (lock.isProvisional) await lock.extend()
}
