import type { Engine } from './engine.js'
import { shownResources } from './check.js'
import { LockLostError, UnsupportedError, type NodeVote } from './errors.js'
import type { Acquisition, Lease, ReleaseOutcome } from './lease.js'
import type { LockJson } from './lock-json.js'
import { PAUSE_BETWEEN_TRIES } from './operations/extend.js'
import { checkTtl } from './resolve-options.js'

/** A lock that is held: the handle for everything that can be done with it. */
export class Lock {
  readonly #engine: Engine
  readonly #lease: Lease

  /** @internal Locks come from `Redlock`. */
  constructor(engine: Engine, lease: Lease) {
    this.#engine = engine
    this.#lease = lease
    engine.holds.adopt(lease, this)
  }

  get resources(): readonly string[] {
    return this.#lease.request.resources
  }

  /** The random value in the lock keys. A secret: any process that knows it can release and extend the lock. */
  get value(): string {
    return this.#lease.value
  }

  /** Higher than the token of every earlier lock on these resources; with `fencing` only. */
  get token(): bigint | undefined {
    return this.#lease.token === undefined ? undefined : BigInt(this.#lease.token)
  }

  /** Aborts with a `LockLostError` when the lock is lost, at its deadline at the latest, regardless of the nodes. */
  get signal(): AbortSignal {
    return this.#lease.signal
  }

  /** Epoch milliseconds by the wall clock, for human readers. */
  get acquiredAt(): number {
    return this.#lease.grantedAt.wall
  }

  /** Epoch milliseconds, for human readers. For decisions use `remaining()` or `held`. */
  get expiresAt(): number {
    return Math.round(this.#lease.since.wall + this.#lease.validity)
  }

  /** Whether it is held at this very moment, by the clock, correct even right after the process was paused. */
  get held(): boolean {
    return this.remaining() > 0
  }

  /** How the lock was acquired: the number of attempts, the wait, and whether the nodes handed it over. */
  get acquisition(): Acquisition {
    return this.#lease.acquisition
  }

  /** What each node reports of the lock now. */
  get votes(): readonly NodeVote[] {
    return this.#lease.tally.votes()
  }

  /** Milliseconds for which the lock is surely held, 0 when it is over. */
  remaining(): number {
    return this.#lease.remaining(this.#engine.quorum.now())
  }

  /** Throws a `LockLostError` unless the lock is held at this very moment. */
  assertHeld(): void {
    if (this.held) return
    throw this.#lostError()
  }

  /** @internal Throws a `LockLostError` if it was lost; not if it was released or left to expire on purpose. */
  assertNotLost(): void {
    const { state, loss, detached } = this.#lease
    if ((state === 'released' && loss === undefined) || detached || this.held) return
    throw this.#lostError()
  }

  /**
   * Extends the lock to `ttl` milliseconds from now, its last TTL by default. Rejects with `LockLostError` if it is
   * lost.
   */
  async extend(ttl: number = this.#lease.ttl): Promise<void> {
    const lease = this.#lease
    checkTtl(ttl, lease.request.options.driftFactor)
    const unable = this.#engine.quorum.members.filter((member) => member.lacks('extend'))
    if (unable.length > 0) {
      const names = unable.map(({ name }) => name).join(', ')
      throw new UnsupportedError(
        `Cannot extend a lock on ${names}: acquire it with a \`ttl\` that is long enough`,
        {
          resources: this.resources,
        },
      )
    }
    for (;;) {
      // One after another, because the older of two in flight could lengthen what the younger has just cut short.
      while (lease.extending !== undefined) await lease.extending
      this.assertHeld()
      const outcome = await this.#engine.holds.extend(lease, ttl, 'awaited')
      if (outcome === 'renewed') return
      if (outcome === 'lost') this.#engine.holds.lose(lease, 'gone')
      this.assertHeld()
      await this.#engine.quorum.pause(Math.min(PAUSE_BETWEEN_TRIES, this.remaining()))
    }
  }

  /** Releases the lock. Idempotent; wins over an extension in flight; never rejects. */
  async release(): Promise<ReleaseOutcome> {
    const lease = this.#lease
    if (lease.state === 'lost') return 'expired'
    return this.#engine.holds.release(lease)
  }

  /** Stops renewing: the lock expires, and is not released at the end of its scope. */
  detach(): void {
    this.#engine.holds.detach(this.#lease)
  }

  /**
   * What another process needs to continue with the lock. Once that process has resumed it, the lock belongs to it:
   * this handle loses it with its next renewal, and neither its release nor its end takes the lock away from the other
   * process.
   */
  toJSON(): LockJson {
    const lease = this.#lease
    const { request, value, token, ttl } = lease
    this.#engine.holds.spread(lease)
    const bearer = lease.serialized()
    return {
      resources: request.resources,
      value,
      ...(token === undefined ? {} : { token: String(token) }),
      ttl,
      expiresAt: this.expiresAt,
      ...(bearer === 0 ? {} : { bearer }),
    }
  }

  /** @internal Handed over by the nodes, and not yet extended to its TTL. */
  get isProvisional(): boolean {
    return this.#lease.isProvisional
  }

  /** @internal Called once, when it is released or lost. */
  onEnd(react: () => void): void {
    this.#lease.onEnd(react)
  }

  /** @internal Runs what `using` runs, as the holder in the search for deadlocks. */
  run<T>(fn: (lock: Lock) => T | Promise<T>): T | Promise<T> {
    const { deadlocks } = this.#engine
    return deadlocks === undefined ? fn(this) : deadlocks.hold(this.#lease.request, () => fn(this))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#lease.detached) await this.release()
  }

  #lostError(): LockLostError {
    const lease = this.#lease
    if (lease.state === 'held') this.#engine.holds.lose(lease, lease.reasonOfEnd)
    if (lease.loss !== undefined) return lease.loss
    return new LockLostError(
      'released',
      `${shownResources(this.resources)} is no longer held: it was released`,
      {
        resources: this.resources,
        votes: this.votes,
      },
    )
  }
}
