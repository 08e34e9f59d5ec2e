import { systemRandom } from '@quorumlock/core'

/** Milliseconds before the next attempt to connect: more and more, and not all clients at once. */
export function reconnectDelay(attempts: number): number {
  return Math.round(Math.min(2_000, 50 * 2 ** Math.min(attempts, 6)) * (0.5 + systemRandom.fraction()))
}
