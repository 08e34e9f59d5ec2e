import type { Clock } from './clock.js'
import type { LockNode } from './node/lock-node.js'
import type { Random } from './random.js'

/** Compatible with pino. Contention is `debug`, a lost lock is `error`. */
export interface Logger {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

/** What can be set for one call as well as for all. All times are milliseconds. */
export interface LockOptions {
  /**
   * How long a lock lives without renewal. Default 30,000.
   * Lower: a crashed holder blocks others for less long. Higher: longer outages of nodes are survived.
   */
  readonly ttl?: number | undefined
  /** How long to wait for a lock that others hold; 0 tries once, `Infinity` waits for ever. Default 10,000. */
  readonly wait?: number | undefined
  /** Mean pause between attempts where no node tells of a release. Default 100. Lower: quicker, and more commands. */
  readonly retryInterval?: number | undefined
  /** Renew at a third of the TTL for as long as the handle is in use. Default true. */
  readonly autoExtend?: boolean | undefined
  /** The longest that a lock may be held, renewals included. Default: no limit. */
  readonly maxHold?: number | undefined
  /** First come, first served. Default true; false tries at random intervals, as every other Redlock client does. */
  readonly fair?: boolean | undefined
  /** Draw a fencing token, `lock.token`, that is higher than every earlier one. Default false. */
  readonly fencing?: boolean | undefined
  /** How long a token counter outlives its last grant. Default 3,600,000. */
  readonly fenceRetention?: number | undefined
  /** Share of the TTL by which clocks may run apart. Default 0.01. Higher: safer, and less time to hold. */
  readonly driftFactor?: number | undefined
  /** How long to wait for one node. Default: 5 % of the TTL, at least 50 and at most 1,000. */
  readonly nodeTimeout?: number | undefined
  /**
   * Who asks, for people: shown by `inspect()`, in warnings and in traces. Travels in the lock key and in the queues,
   * so everybody with access to the nodes can read it. Default none.
   */
  readonly label?: string | undefined
}

/** Options of one acquisition. */
export interface AcquireOptions extends LockOptions {
  /** Ends the wait. Has no power over a lock that was handed out. */
  readonly signal?: AbortSignal | undefined
}

export interface WaitForUnlockOptions {
  /** Milliseconds; the client's `wait` by default. `Infinity` waits for ever. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface DeadlockDetectionOptions {
  /** Warn of a lock that is held for longer. Default 300,000. */
  readonly warnAfter?: number | undefined
  /** Note where each lock is asked for, to say so in that warning. Default false: it costs some 3 µs per lock. */
  readonly captureStack?: boolean | undefined
  /**
   * Look for tasks of this process that wait for each other, or for a lock of their own caller: `warn` through the
   * logger, or `reject` with a `DeadlockError`. Default: do not look, since following asynchronous contexts makes
   * every promise of the process a little slower.
   */
  readonly onCycle?: 'warn' | 'reject' | undefined
}

export interface RedlockOptions extends LockOptions {
  /** The voters: one or more independent nodes, each only once. */
  readonly nodes: readonly LockNode[]
  /** Nodes that have to agree. Default: a majority, `floor(N / 2) + 1`. More tolerates nodes that lose their data, fewer crashes. */
  readonly quorum?: number | undefined
  /** Keep nodes that lost their data out of quorums. Default true. */
  readonly guard?: boolean | undefined
  /** Stands before every resource name. Default `'lock:'`; `''` shares keys with every other Redlock client. */
  readonly keyPrefix?: string | undefined
  /** Warnings of locks that are held for very long, and of cycles when asked for; false for none. */
  readonly deadlockDetection?: DeadlockDetectionOptions | false | undefined
  /** Silent by default. */
  readonly logger?: Logger | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
  /** Test seam. */
  readonly random?: Random | undefined
}
