import type { Lease } from '../hold/lease.js'

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
