/** What the doctor found out about one node. Times are milliseconds. */
export interface NodeReport {
  readonly name: string
  readonly reachable: boolean
  /** Why not. */
  readonly problem?: string | undefined
  readonly product?: string | undefined
  readonly version?: string | undefined
  readonly run?: string | undefined
  readonly role?: string | undefined
  readonly evictionPolicy?: string | undefined
  /** `none`, `rdb`, `aof` (the last second may be lost) or `aof always`. */
  readonly persistence?: string | undefined
  /** Of the node's clock to that of this machine, to half a round trip. */
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
 * - `permission` something that locks need is not allowed · `clock` nodes disagree about the time
 * - `persistence` what a restart means · `unknown` a question that the server did not answer · `size` of the quorum
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
  /** What is so, and what to do about it. */
  readonly message: string
}

export interface DoctorReport {
  /** No errors; there may be warnings. */
  readonly healthy: boolean
  readonly nodes: readonly NodeReport[]
  /** Worst first. */
  readonly findings: readonly Finding[]
  /** From the round trips; missing when no majority was reached. */
  readonly recommended?: { readonly ttl: number; readonly nodeTimeout: number } | undefined
}
