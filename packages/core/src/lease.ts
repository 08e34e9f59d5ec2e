import type { LockLostError } from './errors.js'
import type { ResolvedLockOptions } from './resolve-options.js'
import type { AnswerState } from './quorum/pending-releases.js'
import type { Member } from './quorum/member.js'
import type { Bearer } from './node/lock-node.js'
import type { Tally } from './quorum/tally.js'
import type { Appointment } from './agenda.js'
import type { Instant } from './quorum/validity.js'

/** What was asked for: resources, their keys and how. */
export interface Claim {
  readonly resources: readonly string[]
  readonly keys: readonly string[]
  readonly options: ResolvedLockOptions
  /** Where it was asked for, with `captureStack`. */
  readonly origin?: { readonly stack?: string } | undefined
}

/** `expired`: too late, it was over; `unknown`: too few nodes have answered to tell. */
export type ReleaseOutcome = 'released' | 'expired' | 'unknown'

/** How a lock was had. */
export interface Acquisition {
  /** Rounds that it took; 0 for a lock that was resumed. */
  readonly attempts: number
  /** From the call to the lock, milliseconds. */
  readonly waited: number
  /** Its last holder gave it over by its release, before anybody had to ask again. */
  readonly handedOver: boolean
}

const AT_ONCE: Acquisition = { attempts: 0, waited: 0, handedOver: false }

/** A lock that was granted, as the engine keeps it. The user's handle points here, not the other way round. */
export class Lease {
  state: 'held' | 'released' | 'lost' = 'held'
  /** Why it was lost. */
  loss: LockLostError | undefined
  /** Milliseconds; the last TTL asked for. */
  ttl: number
  /** What each node says of it now, late answers and repairs included. */
  tally: Tally
  /** What each node said when it was taken. */
  readonly taken: Tally
  /** Nodes that have, or may have, something of it all the same: it was repaired there, or its place is in the queue. */
  traces: Set<Member> | undefined
  /** The longest TTL that any node was asked for, milliseconds. */
  longestTtl: number
  /** When the present validity began, and how long it lasts from there. */
  since: Instant
  validity: number
  /** How it came to be held. */
  acquisition: Acquisition = AT_ONCE
  /** Handed over by the nodes for a while: to be extended to its TTL at once. */
  isProvisional = false
  /** Since it was serialized, or resumed here: another process may go on with it. */
  bearer: Bearer | undefined
  /** Monotonic time at which the next renewal is due. */
  renewAt: number = Infinity
  next: Appointment | undefined
  /** Called once, when it is released or lost. */
  onEnd: (() => void) | undefined
  /** Its handle is gone, and nobody has released it. */
  abandoned = false
  /** Left to expire by itself: neither renewed nor released with its scope. */
  detached = false
  /** The extension in flight, so that a second one waits its turn. */
  extending: Promise<unknown> | undefined
  releasing: Promise<ReleaseOutcome> | undefined
  /** Keeps the handle alive up to the first renewal; from then on the engine only looks whether it still is. */
  handle: object | WeakRef<object> | undefined
  /** Registered with the garbage collector. */
  isWatched = false
  #controller: AbortController | undefined

  constructor(
    readonly claim: Claim,
    readonly value: string,
    readonly token: number | undefined,
    readonly grantedAt: Instant,
    tally: Tally,
    validity: number,
  ) {
    this.ttl = claim.options.ttl
    this.longestTtl = this.ttl
    this.tally = tally
    this.taken = tally
    this.since = grantedAt
    this.validity = validity
  }

  /** Made when it is asked for: most holders never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.loss !== undefined) this.#controller.abort(this.loss)
    }
    return this.#controller.signal
  }

  /**
   * Milliseconds left by the stricter of both clocks; 0 when it is over. The monotonic one stops while the machine is
   * suspended; a forward jump of the wall clock may lose a lock early but never keeps it for too long.
   */
  remaining(now: Instant): number {
    if (this.state !== 'held') return 0
    const left = Math.min(this.#end('monotonic') - now.monotonic, this.#end('wall') - now.wall)
    return Math.max(0, left)
  }

  /** Monotonic time from which nobody may rely on it any more. */
  get deadline(): number {
    return this.#end('monotonic')
  }

  /** What the passing of its time means. */
  get reasonOfEnd(): 'maxHold' | 'abandoned' | 'expired' {
    if (this.deadline < this.since.monotonic + this.validity) return 'maxHold'
    return this.abandoned ? 'abandoned' : 'expired'
  }

  end(state: 'released' | 'lost', loss?: LockLostError): void {
    this.state = state
    this.onEnd?.()
    this.loss = loss
    this.next?.cancel()
    this.next = undefined
    this.handle = undefined
    if (loss !== undefined) this.#controller?.abort(loss)
  }

  /** An extension was won: its round is what the lock stands on from now on. */
  renew(tally: Tally, ttl: number, since: Instant, validity: number): void {
    this.tally = tally
    this.ttl = ttl
    this.since = since
    this.validity = validity
    this.isProvisional = false
  }

  /** Asking for less time than is left shortens the life of the keys on whichever nodes hear of it. */
  curtail(until: number): void {
    const excess = this.since.monotonic + this.validity - until
    if (excess > 0) this.validity -= excess
  }

  /** The node may have something of it though it did not grant it: a release has to go there too. */
  mayRemainOn(member: Member): void {
    this.traces ??= new Set()
    this.traces.add(member)
  }

  /** `absent` where no command can have brought it: nothing has to be taken back there. */
  standingAt(member: Member): AnswerState | 'absent' {
    if (this.traces?.has(member) === true) return 'unanswered'
    const reply = this.taken.replies[member.index]
    if (reply === undefined || reply.vote === 'unknown') return 'unanswered'
    return reply.vote === 'granted' ? 'answered' : 'absent'
  }

  #end(clock: 'monotonic' | 'wall'): number {
    const { maxHold = Infinity } = this.claim.options
    return Math.min(this.since[clock] + this.validity, this.grantedAt[clock] + maxHold)
  }
}
