import type { Seats } from './claims.js'
import { FREE, type LockKey } from './lock-key.js'

/** The work on one server that enters a seat and is then restored. It knows what one client knows. */
export interface Entrant {
  readonly phase: 'none' | 'entering' | 'settling' | 'listing' | 'superseded'
  /** What it knows of all seats; in that of its server stands the claim that it enters. */
  readonly seats: Seats
  /** Servers that took the claim in this round of entering, as bits. */
  readonly taken: number
  /** Restorers that began to settle while this round of entering was under way, as bits. */
  readonly seen: number
  /** Servers that have listed their keys, as bits. */
  readonly listed: number
  /** What they listed. */
  readonly found: LockKey
}

export const NOT_ENTERING: Entrant = { phase: 'none', seats: [], taken: 0, seen: 0, listed: 0, found: FREE }
