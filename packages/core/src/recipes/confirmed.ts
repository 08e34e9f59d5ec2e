import type { Lock } from '../lock.js'

/**
 * Waits until a lock that the nodes handed over has been extended. Until then it lasts for at most 3 s. Work that keeps
 * the process busy could delay the answer until the lock is lost, and `remaining()` would return too little. So recipes
 * wait for the answer before the work begins. Rejects with `LockLostError` if the lock was lost.
 */
export async function confirmed(lock: Lock): Promise<void> {
  lock.assertHeld()
  if (lock.isProvisional) await lock.extend()
}
