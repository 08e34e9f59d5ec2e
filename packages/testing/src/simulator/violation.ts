/**
 * - `exclusion` two locks on one resource, both valid by their own clocks
 * - `tokens` a token that is not higher than every one granted before it was requested
 * - `liveness` no progress though a majority is healthy · `residue` something was left behind
 * - `invariant` a condition that must hold at every step did not · `error` the library threw an unexpected error
 * - `firstCall` a new client was refused a lock that healthy nodes could have granted · `bound` a call took too long
 * - `handle` another process ended a lock that its holder still held, or the lock reported more time than it had
 */
export type ViolationKind =
  | 'exclusion'
  | 'tokens'
  | 'liveness'
  | 'residue'
  | 'invariant'
  | 'error'
  | 'firstCall'
  | 'bound'
  | 'handle'

export interface Violation {
  readonly kind: ViolationKind
  readonly what: string
  /** True time in the simulated world, milliseconds. */
  readonly at: number
}
