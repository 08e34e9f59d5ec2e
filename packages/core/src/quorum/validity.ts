import type { Clock } from '../clock.js'

/** One moment, read from both clocks. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}

/**
 * No lock and no renewal rests on a round that took longer, milliseconds ("Freshness"). So when a node loses its data,
 * every vote that is ever counted together with one that it gave before was given at most so much later, and whoever
 * gives back what it forgot knows when to look.
 */
export const FRESHNESS = 3_000

/** By the stricter of both clocks: the monotonic one stops while the machine is suspended. */
export function elapsedSince(start: Instant, now: Instant): number {
  return Math.max(now.monotonic - start.monotonic, now.wall - start.wall)
}

/** How far clocks may drift apart during a TTL, plus 1 ms for the resolution of expiry and 1 ms as a minimum. */
export function driftOf(ttl: number, driftFactor: number): number {
  return ttl * driftFactor + 2
}

/** How long a lock is valid, from the start of the round that acquired it, if every key lives for at least `ttl`. */
export function validityOf(ttl: number, driftFactor: number): number {
  return ttl - driftOf(ttl, driftFactor)
}
