import type { Lease } from '../lease.js'

const numbers = new WeakMap<Lease, number>()
let last = 0

/** Tells holds apart without giving their values away. Counted only for those that somebody hears of. */
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
