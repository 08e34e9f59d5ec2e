/** What one node said in a round, as plain data. */
export interface NodeVote {
  readonly node: string
  readonly vote: 'granted' | 'refused' | 'failed' | 'unknown'
  /** Why, for anything but a grant. */
  readonly reason?: string | undefined
  /** Milliseconds from sending to this answer. */
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

/** Shared by all copies of this module, so that `instanceof` holds across the two module formats. */
const BRANDS: unique symbol = Symbol.for('quorumlock.error') as never

/** Base of everything that this library throws, but for wrong arguments (`TypeError`, `RangeError`). */
export class QuorumLockError extends Error {
  /** For `instanceof`: the names of a class and of its bases. */
  protected static readonly brands: readonly string[] = ['QuorumLockError']

  readonly code: ErrorCode
  readonly resources: readonly string[]
  /** What each node said when it came to this; empty when no node was asked. */
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
    // A subclass of the user's own has no brand of its own: there the prototype chain decides.
    if (!Object.hasOwn(this, 'brands')) return Function.prototype[Symbol.hasInstance].call(this, value)
    const brands = (value as { [BRANDS]?: readonly string[] } | null | undefined)?.[BRANDS]
    return brands?.includes(this.brands[0] as string) === true
  }

  /** Plain data for logs and for other processes. */
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

/** The wait ran out while others held the lock. */
export class LockContendedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockContendedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('CONTENDED', message, details)
  }
}

/** Too few nodes can answer: nobody can take or prove a lock now. */
export class QuorumUnavailableError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['QuorumUnavailableError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails, code: ErrorCode = 'UNAVAILABLE') {
    super(code, message, details)
  }
}

/** Too few nodes can answer, for a reason that waiting does not mend: a key of another type, a missing permission. */
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
 * - `expired` its time ran out before it could be renewed · `gone` a majority no longer has it
 * - `maxHold` it was held for as long as it may be · `abandoned` the handle was garbage-collected
 * - `forced` an operator's release through this client
 */
export type LossReason = 'expired' | 'gone' | 'maxHold' | 'abandoned' | 'forced'

/** The lock is not ours any more: whatever it protected has to stop. */
export class LockLostError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockLostError', 'QuorumLockError']

  /** `released`: it was given back on purpose. `closed`: by `close()`, under its holder. */
  readonly reason: LossReason | 'released' | 'closed'

  constructor(reason: LossReason | 'released' | 'closed', message: string, details?: ErrorDetails) {
    super('LOST', message, details)
    this.reason = reason
  }
}

/** Whoever holds the lock waits, directly or through others, for the one who asks: it would never end by itself. */
export class DeadlockError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['DeadlockError', 'QuorumLockError']

  /** Who waits for what, link by link, from the one who asks back to it. */
  readonly chain: readonly string[]

  constructor(message: string, chain: readonly string[], details?: ErrorDetails) {
    super('DEADLOCK', message, details)
    this.chain = chain
  }
}

/** `close()` was called: nothing more is acquired here. */
export class LockClosedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['LockClosedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('CLOSED', message, details)
  }
}

/** One of the nodes cannot do what was asked. */
export class UnsupportedError extends QuorumLockError {
  protected static override readonly brands: readonly string[] = ['UnsupportedError', 'QuorumLockError']

  constructor(message: string, details?: ErrorDetails) {
    super('UNSUPPORTED', message, details)
  }
}
