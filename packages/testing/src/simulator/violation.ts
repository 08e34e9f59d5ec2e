/**
 * - `exclusion` two locks on one resource, both valid by their own clocks
 * - `tokens` a token that is not higher than every one granted before it was asked for
 * - `liveness` no progress though a majority is healthy · `residue` something was left behind
 * - `invariant` what holds at every step did not · `error` the library threw what it never should
 * - `firstCall` a new client did not get from healthy nodes what it could have · `bound` a call outlasted its time
 * - `handle` a lock ended for its holder by what another one did, or told a time that it does not have
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
