/** What the doctor learned about one node. Times are milliseconds. */
export interface NodeReport {
  readonly name: string
  readonly reachable: boolean
  /** Why it is unreachable. */
  readonly problem?: string | undefined
  readonly product?: string | undefined
  readonly version?: string | undefined
  readonly run?: string | undefined
  readonly role?: string | undefined
  readonly evictionPolicy?: string | undefined
  /** `none`, `rdb`, `aof` (the last second may be lost) or `aof always`. */
  readonly persistence?: string | undefined
  /** The node's clock minus that of this machine, accurate to half a round trip. */
  readonly clockOffset?: number | undefined
  readonly roundTrip?: RoundTrip | undefined
}

export interface RoundTrip {
  readonly median: number
  readonly worst: number
}

export type Severity = 'error' | 'warning' | 'info'

/**
 * - `unreachable` · `same-server` two nodes are one process · `replica` · `eviction` locks may be evicted · `version`
 * - `permission` a command that locks need is not allowed · `clock` a clock is wrong
 * - `persistence` what a restart means · `unknown` the server did not answer a query · `size` of the quorum
 */
export type FindingCode =
  | 'unreachable'
  | 'same-server'
  | 'replica'
  | 'eviction'
  | 'version'
  | 'permission'
  | 'clock'
  | 'persistence'
  | 'unknown'
  | 'size'

export interface Finding {
  readonly severity: Severity
  readonly code: FindingCode
  readonly nodes: readonly string[]
  /** What was found, and what to do about it. */
  readonly message: string
}

export interface DoctorReport {
  /** No errors; there may be warnings. */
  readonly healthy: boolean
  readonly nodes: readonly NodeReport[]
  /** Worst first. */
  readonly findings: readonly Finding[]
  /** Derived from the round trips; missing if no majority was reached. */
  readonly recommended?: { readonly ttl: number; readonly nodeTimeout: number } | undefined
}
