import type { Clock } from '../clock.js'

/** One moment, read from both clocks. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}

/** How far clocks may drift apart during a TTL, plus 1 ms for the resolution of expiry and 1 ms as a minimum. */
export function driftOf(ttl: number, driftFactor: number): number {
  return ttl * driftFactor + 2
}

/** How long a lock is valid, from the start of the round that acquired it, if every key lives for at least `ttl`. */
export function validityOf(ttl: number, driftFactor: number): number {
  return ttl - driftOf(ttl, driftFactor)
}
