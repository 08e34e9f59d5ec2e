import { systemRandom } from '@quorumlock/core'

/** Milliseconds before the next attempt to connect: growing, and with jitter so that clients do not reconnect at once. */
export function reconnectDelay(attempts: number): number {
  return Math.round(Math.min(2_000, 50 * 2 ** Math.min(attempts, 6)) * (0.5 + systemRandom.fraction()))
}
