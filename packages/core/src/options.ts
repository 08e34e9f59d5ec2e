import type { Clock } from './clock.js'
import type { LockNode } from './node/lock-node.js'
import type { Random } from './random.js'

/** Compatible with pino. Contention is logged as `debug`, a lost lock as `error`. */
export interface Logger {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

/** Options of a client that each call can override. All times are in milliseconds. */
export interface LockOptions {
  /**
   * Time until a lock expires unless it is renewed. Default 30,000.
   * Lower: a crashed holder blocks other clients for a shorter time. Higher: locks survive longer node outages.
   */
  readonly ttl?: number | undefined
  /**
   * How long to wait for a lock that is held; 0 tries once, `Infinity` waits indefinitely. Default 10,000.
   * Lower: callers fail sooner under contention. Higher: more callers succeed, after a longer wait.
   */
  readonly wait?: number | undefined
  /**
   * Mean pause between attempts if no node reports a release. Default 100.
   * Lower: a free lock is noticed sooner. Higher: fewer commands.
   */
  readonly retryInterval?: number | undefined
  /**
   * Renew the lock after each third of the TTL while its handle is in use. Default true; with false the lock expires
   * after one TTL.
   */
  readonly autoExtend?: boolean | undefined
  /**
   * Longest time for which a lock may be held, including renewals; at least `ttl`. Default: no limit.
   * Lower: work that hangs blocks other clients for a shorter time. Higher: longer work can finish under its lock.
   */
  readonly maxHold?: number | undefined
  /**
   * Serve waiters in order of arrival. Default true; false retries at random intervals, as other Redlock clients do.
   */
  readonly fair?: boolean | undefined
  /**
   * Which nodes are asked for a lock that nobody else wants. `all`: all at once. `soon` and `quorum`: the quickest nodes
   * that are enough, and the others when one of these refuses or is slow, or when the lock is still held after 5 ms
   * (`soon`) or after a sixth of its TTL (`quorum`); until then one failing node may cost the lock. Default `soon`.
   */
  readonly spread?: 'all' | 'soon' | 'quorum' | undefined
  /** Issue a fencing token, `lock.token`, that is higher than every earlier token. Default false. */
  readonly fencing?: boolean | undefined
  /**
   * How long a token counter is kept after the lock of its last grant has expired. Default 3,600,000.
   * Lower: nodes store counters for a shorter time. Higher: tokens keep rising over longer idle times.
   */
  readonly fenceRetention?: number | undefined
  /**
   * Share of the TTL by which clocks may drift apart. Default 0.01.
   * Lower: more of the TTL is usable. Higher: locks stay exclusive with less accurate clocks.
   */
  readonly driftFactor?: number | undefined
  /**
   * How long to wait for an answer from one node. Default: 5 % of the TTL, at least 50 and at most 1,000.
   * Lower: an unresponsive node delays calls less. Higher: slow nodes still count.
   */
  readonly nodeTimeout?: number | undefined
  /**
   * Name of the caller for human readers, shown by `inspect()`, in warnings and in traces. It is stored in the lock and
   * in the queues, so anyone with access to the nodes can read it. Default: none.
   */
  readonly label?: string | undefined
}

/** Options of one acquisition. */
export interface AcquireOptions extends LockOptions {
  /** Ends the wait. Has no effect on a lock that has been granted. */
  readonly signal?: AbortSignal | undefined
}

export interface WaitForUnlockOptions {
  /** How long to wait, in milliseconds; `Infinity` waits indefinitely. Default: the `wait` of the client. */
  readonly timeout?: number | undefined
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

export interface DeadlockDetectionOptions {
  /** Log a warning once a lock has been held for longer than this, in milliseconds. Default 300,000. */
  readonly warnAfter?: number | undefined
  /** Capture where each lock was requested and add it to that warning. Default false; costs about 3 µs per lock. */
  readonly captureStack?: boolean | undefined
  /**
   * What to do when tasks of this process wait for each other, or for a lock of their own caller: `warn` through the
   * logger, or `reject` with a `DeadlockError`. Default: no detection, because tracking asynchronous contexts slows
   * every promise of the process a little.
   */
  readonly onCycle?: 'warn' | 'reject' | undefined
}

export interface RedlockOptions extends LockOptions {
  /** The nodes that vote: one or more independent nodes, each only once. */
  readonly nodes: readonly LockNode[]
  /**
   * Number of nodes that must agree. Default: a majority, `floor(N / 2) + 1`, which is also the minimum.
   * Lower: more nodes may be down. Higher: more nodes may lose their data.
   */
  readonly quorum?: number | undefined
  /** Exclude nodes that lost their data from quorums until it is safe. Default true. */
  readonly guard?: boolean | undefined
  /**
   * Give a node that lost its data back what it forgot, so that it votes again within seconds. Without it, and with
   * `keyPrefix: ''`, it stays out until every lock that it may have forgotten is over. Default true.
   */
  readonly restore?: boolean | undefined
  /**
   * Which nodes must answer before a new fleet is founded; before that nobody gets a lock. `all`: all of them, since nodes
   * that lost their data look like new ones. `majority`: a quorum; only for fleets that are really new. `never`: this client
   * only uses fleets that others have founded. Default `all`.
   */
  readonly found?: 'all' | 'majority' | 'never' | undefined
  /** Prefix of every resource name. Default `'lock:'`; `''` shares keys with other Redlock clients. */
  readonly keyPrefix?: string | undefined
  /**
   * Warnings about locks that are held for very long, and optionally about deadlocks. Default on; false disables both.
   */
  readonly deadlockDetection?: DeadlockDetectionOptions | false | undefined
  /** Default: no logging. */
  readonly logger?: Logger | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
  /** Test seam. */
  readonly random?: Random | undefined
}
