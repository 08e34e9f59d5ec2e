import type { Clock } from '../clock.js'

/** A moment on both clocks. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}

/** What clocks may run apart during a TTL, with 1 ms for the resolution of expiry and 1 ms as a minimum. */
export function driftOf(ttl: number, driftFactor: number): number {
  return ttl * driftFactor + 2
}

/** How long a lock counts from the start of the round that took it, if every key lives for `ttl` at the least. */
export function validityOf(ttl: number, driftFactor: number): number {
  return ttl - driftOf(ttl, driftFactor)
}
