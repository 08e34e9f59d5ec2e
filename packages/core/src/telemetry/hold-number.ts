import type { Lease } from '../lease.js'

const numbers = new WeakMap<Lease, number>()
let last = 0

/** Identifies a hold without revealing its value. Assigned only once an event about the hold is published. */
export function holdNumberOf(lease: Lease): number {
  let number = numbers.get(lease)
  if (number === undefined) {
    number = ++last
    numbers.set(lease, number)
  }
  return number
}

/** Milliseconds. */
export function heldFor(lease: Lease, now: number): number {
  return now - lease.grantedAt.monotonic
}
