import { createHash } from 'node:crypto'

/** Of 64 bits: tells holders apart, and is of no use to whoever would like to release their locks. */
const DIGITS = 16

/** Stands for the value of a lock, or for the identity of a waiter, which becomes one when the lock is handed over. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, DIGITS)
}
