import type { LockLostError } from './errors.js'
import type { Bearer } from './node/commands.js'
import { mayHold } from './node/replies.js'
import type { AnswerState } from './quorum/pending-releases.js'
import type { Member } from './quorum/member.js'
import { SPARED } from './quorum/round.js'
import type { Tally } from './quorum/tally.js'
import type { Instant } from './quorum/validity.js'
import type { ResolvedLockOptions } from './resolve-options.js'

/** What a caller asks for: resources, their keys, and how to lock them. */
export interface LockRequest {
  readonly resources: readonly string[]
  readonly keys: readonly string[]
  readonly options: ResolvedLockOptions
  /** Where in the program it was asked for, with `captureStack`. */
  readonly origin?: { readonly stack?: string } | undefined
}

/** `expired`: too late, the lock was over; `unknown`: too few nodes have answered to be sure. */
export type ReleaseOutcome = 'released' | 'expired' | 'unknown'

/** How a lock was acquired. */
export interface Acquisition {
  /** Rounds that it took; 0 for a lock that was resumed. */
  readonly attempts: number
  /** From the call to the lock, milliseconds. */
  readonly waited: number
  /** The nodes handed it over when its last holder released it, so this client did not send another request. */
  readonly handedOver: boolean
}

const AT_ONCE: Acquisition = { attempts: 0, waited: 0, handedOver: false }

/**
 * A lock that was granted, as the engine keeps it. The user's handle points here, not the other way round. It changes
 * only through its methods.
 */
export class Lease {
  state: 'held' | 'released' | 'lost' = 'held'
  /** Why it was lost. */
  loss: LockLostError | undefined
  /** The TTL last asked for, milliseconds. */
  ttl: number
  /** What each node reports now, late answers and repairs included. */
  tally: Tally
  /** What each node reported when the lock was granted. */
  readonly tallyAtGrant: Tally
  /** The longest TTL that any node was asked for, milliseconds. */
  longestTtl: number
  /** When the present validity began, and how long it lasts from there. */
  since: Instant
  validity: number
  acquisition: Acquisition = AT_ONCE
  /** Handed over by the nodes for a while, and not yet extended to its TTL. */
  isProvisional = false
  /** Set since it was serialized, or resumed here: another process may continue with it. */
  bearer: Bearer | undefined
  /** Its handle was garbage-collected without a release. */
  abandoned = false
  /** Left to expire: neither renewed nor released with its scope. */
  detached = false
  /** The extension in flight, for the next one to wait for. */
  extending: Promise<unknown> | undefined
  releasing: Promise<ReleaseOutcome> | undefined
  /** Nodes that did not grant the lock but may still store it, because it was repaired there or queued there. */
  #traces: readonly Member[] = []
  #react: (() => void) | undefined
  #controller: AbortController | undefined

  constructor(
    readonly request: LockRequest,
    readonly value: string,
    readonly token: number | undefined,
    readonly grantedAt: Instant,
    tally: Tally,
    validity: number,
  ) {
    this.ttl = request.options.ttl
    this.longestTtl = this.ttl
    this.tally = tally
    this.tallyAtGrant = tally
    this.since = grantedAt
    this.validity = validity
  }

  /** Created lazily, since most holders never read it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.loss !== undefined) this.#controller.abort(this.loss)
    }
    return this.#controller.signal
  }

  /**
   * Milliseconds left by the stricter of both clocks; 0 when it is over. The monotonic clock stops while the machine is
   * suspended; a forward jump of the wall clock may end a lock early but never late.
   */
  remaining(now: Instant): number {
    if (this.state !== 'held') return 0
    const left = Math.min(this.#end('monotonic') - now.monotonic, this.#end('wall') - now.wall)
    return Math.max(0, left)
  }

  /** Monotonic time from which no caller may rely on the lock. */
  get deadline(): number {
    return this.#end('monotonic')
  }

  /** Why its time runs out. */
  get reasonOfEnd(): 'maxHold' | 'abandoned' | 'expired' {
    if (this.deadline < this.since.monotonic + this.validity) return 'maxHold'
    return this.abandoned ? 'abandoned' : 'expired'
  }

  /** It was handed over by the nodes, and its keys live at least for `validity` from `since` on. */
  provisional(since: Instant): this {
    this.since = since
    this.isProvisional = true
    return this
  }

  acquiredAfter(attempts: number, waited: number): this {
    this.acquisition = { attempts, waited, handedOver: this.isProvisional }
    return this
  }

  /** It may be resumed by another process from now on. Returns which of its bearers this one is. */
  serialized(): Bearer {
    return (this.bearer ??= 0)
  }

  resumedFrom(bearer: Bearer): void {
    this.bearer = bearer + 1
  }

  detach(): void {
    this.detached = true
  }

  abandon(): void {
    this.abandoned = true
  }

  end(state: 'released' | 'lost', loss?: LockLostError): void {
    this.state = state
    this.#react?.()
    this.loss = loss
    if (loss !== undefined) this.#controller?.abort(loss)
  }

  /** Calls `react` once, when it is released or lost. */
  onEnd(react: () => void): void {
    if (this.state === 'held') this.#react = react
    else react()
  }

  releaseOnce(work: () => Promise<ReleaseOutcome>): Promise<ReleaseOutcome> {
    return (this.releasing ??= work())
  }

  /**
   * Before an extension for `ttl`, which would be valid until `until` (monotonic). A shorter TTL cuts the life of the
   * keys on every node that receives it, whether the extension succeeds or not.
   */
  prepareExtension(ttl: number, until: number): void {
    const excess = this.since.monotonic + this.validity - until
    if (excess > 0) this.validity -= excess
    this.longestTtl = Math.max(this.longestTtl, ttl)
  }

  extensionBegan(round: Promise<unknown>): void {
    this.extending = round
  }

  extensionEnded(): void {
    this.extending = undefined
  }

  /** An extension was won: from now on the lock is based on its round. */
  renewed(tally: Tally, ttl: number, since: Instant, validity: number): void {
    this.tally = tally
    this.ttl = ttl
    this.since = since
    this.validity = validity
    this.isProvisional = false
  }

  /** A release must include the member, though it did not grant the lock. */
  mayRemainOn(member: Member): void {
    if (!this.#traces.includes(member)) this.#traces = this.#traces.concat(member)
  }

  /** `absent` if no command can have stored the lock on the node, so that no release is needed there. */
  answerStateAt(member: Member): AnswerState | 'absent' {
    if (this.#traces.includes(member)) return 'unanswered'
    const reply = this.tallyAtGrant.replies[member.index]
    if (reply?.vote === 'granted') return 'answered'
    return reply === undefined || mayHold(reply) ? 'unanswered' : 'absent'
  }

  /** No command for the lock was ever sent to the member. */
  wasSparedAt(member: Member): boolean {
    return this.tallyAtGrant.replies[member.index] === SPARED && !this.#traces.includes(member)
  }

  #end(clock: 'monotonic' | 'wall'): number {
    const { maxHold = Infinity } = this.request.options
    return Math.min(this.since[clock] + this.validity, this.grantedAt[clock] + maxHold)
  }
}
