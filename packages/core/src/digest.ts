import { createHash } from 'node:crypto'

/** 64 bits: enough to distinguish holders, and useless for releasing their locks. */
const DIGITS = 16

/** Represents the value of a lock, or the id of a waiter, which becomes the value when the lock is handed over. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, DIGITS)
}
