/** The vote of one node in a round, as plain data. */
export interface NodeVote {
  readonly node: string
  readonly vote: 'granted' | 'refused' | 'failed' | 'unknown'
  /** Why the node did not grant. */
  readonly reason?: string | undefined
  /** Milliseconds from sending the command to this answer. */
  readonly latency: number
}

export type ErrorCode =
  | 'CONTENDED'
  | 'UNAVAILABLE'
  | 'MISUSE'
  | 'LOST'
  | 'CLOSED'
  | 'UNSUPPORTED'
  | 'DEADLOCK'

export interface ErrorDetails {
  readonly resources?: readonly string[] | undefined
  readonly votes?: readonly NodeVote[] | undefined
  readonly cause?: unknown
}

/** Shared by all copies of this module, so that `instanceof` works across both module formats. */
const BRANDS: unique symbol = Symbol.for('quorumlock.error') as never

/** Base of every error that this library throws, except for wrong arguments (`TypeError`, `RangeError`). */
export class QuorumLockError extends Error {
  /** The names of a class and of its bases, for `instanceof`. */
  protected static readonly brands: readonly string[] = ['QuorumLockError']

  readonly code: ErrorCode
  readonly resources: readonly string[]
  /** The vote of each node in the round that failed; empty if no command was sent. */
  readonly votes: readonly NodeVote[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.resources = details.resources ?? []
    this.votes = details.votes ?? []
    Object.defineProperty(this, BRANDS, { value: new.target.brands })
    Object.defineProperty(this, 'name', { value: new.target.brands[0], configurable: true, writable: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A user's subclass has no brand of its own, so there the prototype chain decides.
    if (!Object.hasOwn(this, 'brands')) return Function.prototype[Symbol.hasInstance].call(this, value)
    const brands = (value as { [BRANDS]?: readonly string[] } | null | undefined)?.[BRANDS]
    return brands?.includes(this.brands[0] as string) === true
  }

  /** Plain data, for logs and for other processes. */
  toJSON(): {
    name: string
    code: ErrorCode
    message: string
    resources: readonly string[]
    votes: readonly NodeVote[]
  } {
    const { name, code, message, resources, votes } = this
    return { name, code, message, resources, votes }
  }
}

/** The wait ended while the lock was held by others, or other waiters were ahead. Increase `wait`, or retry later. */
export class LockContendedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockContendedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('CONTENDED', message, details)
  }
}

/** Too few nodes can answer, so no client can acquire or confirm a lock now. Restore nodes, or retry later. */
export class QuorumUnavailableError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['QuorumUnavailableError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails, code: ErrorCode = 'UNAVAILABLE') {
    super(code, message, details)
  }
}

/** Too few nodes can answer because of a permanent error, such as a key of another type or a missing permission. */
export class LockMisuseError extends QuorumUnavailableError {
  protected static override readonly brands: readonly string[] = [
    'LockMisuseError',
    'QuorumUnavailableError',
    'QuorumLockError',
  ]

  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'MISUSE')
  }
}

/**
 * - `expired` its TTL ended before a majority confirmed a renewal · `gone` a majority of nodes no longer store it
 * - `maxHold` it reached its maximum holding time · `abandoned` its handle was garbage-collected
 * - `forced` an operator released it through this client
 */
export type LossReason = 'expired' | 'gone' | 'maxHold' | 'abandoned' | 'forced'

/** The caller no longer holds the lock. The work that it protected must stop. */
export class LockLostError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockLostError', 'QuorumLockError']

  /** As in `LossReason`. `released`: the holder had released it. `closed`: `close()` released it while it was held. */
  readonly reason: LossReason | 'released' | 'closed'

  constructor(reason: LossReason | 'released' | 'closed', message: string, details?: ErrorDetails) {
    super('LOST', message, details)
    this.reason = reason
  }
}

/** The holder of the lock waits, directly or through others, for the caller. The wait would never end. */
export class DeadlockError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['DeadlockError', 'QuorumLockError']

  /** Who waits for what, link by link, from the caller back to the caller. */
  readonly chain: readonly string[]

  constructor(message: string, chain: readonly string[], details?: ErrorDetails) {
    super('DEADLOCK', message, details)
    this.chain = chain
  }
}

/** `close()` has been called, so this client acquires no more locks. */
export class LockClosedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockClosedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('CLOSED', message, details)
  }
}

/** At least one node does not support the requested operation. */
export class UnsupportedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['UnsupportedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('UNSUPPORTED', message, details)
  }
}
