import type { Engine } from './engine.js'
import { shownResources } from './check.js'
import { LockLostError, UnsupportedError, type NodeVote } from './errors.js'
import type { Acquisition, Lease, ReleaseOutcome } from './lease.js'
import type { LockJson } from './lock-json.js'
import { PAUSE_BETWEEN_TRIES } from './operations/extend.js'
import { checkTtl } from './resolve-options.js'

/** A lock that is held: the handle to everything that can be done with it. */
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
    return this.#lease.claim.resources
  }

  /** The random value in the lock keys: who has it can release and extend the lock. */
  get value(): string {
    return this.#lease.value
  }

  /** Higher than the token of every earlier lock on these resources; with `fencing` only. */
  get token(): bigint | undefined {
    return this.#lease.token === undefined ? undefined : BigInt(this.#lease.token)
  }

  /** Aborted with a `LockLostError` when the lock is lost: at its deadline at the latest, whatever the nodes say. */
  get signal(): AbortSignal {
    return this.#lease.signal
  }

  /** Epoch milliseconds, for people: by the wall clock. */
  get acquiredAt(): number {
    return this.#lease.grantedAt.wall
  }

  /** Epoch milliseconds, for people: decide by `remaining()` or `held`. */
  get expiresAt(): number {
    return Math.round(this.#lease.since.wall + this.#lease.validity)
  }

  /** Whether it is ours at this very moment, by the clock: also right after the process stood still. */
  get held(): boolean {
    return this.remaining() > 0
  }

  /** How the lock was had: after how many attempts and how long a wait, and whether its last holder handed it over. */
  get acquisition(): Acquisition {
    return this.#lease.acquisition
  }

  /** What each node says of the lock now. */
  get votes(): readonly NodeVote[] {
    return this.#lease.tally.votes()
  }

  /** Milliseconds for which the lock is surely ours, 0 when it is over. */
  remaining(): number {
    return this.#lease.remaining(this.#engine.quorum.now())
  }

  /** Throws a `LockLostError` unless the lock is ours at this very moment. */
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

  /** Prolongs the lock to `ttl` milliseconds from now, its last TTL by default. Rejects with `LockLostError` if that cannot be. */
  async extend(ttl: number = this.#lease.ttl): Promise<void> {
    const lease = this.#lease
    checkTtl(ttl, lease.claim.options.driftFactor)
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
      // One after another: of two in flight the older could lengthen what the younger has just cut short.
      while (lease.extending !== undefined) await lease.extending
      this.assertHeld()
      const outcome = await this.#engine.holds.extend(lease, ttl, 'awaited')
      if (outcome === 'renewed') return
      if (outcome === 'lost') this.#engine.holds.lose(lease, 'gone')
      this.assertHeld()
      await this.#engine.quorum.pause(Math.min(PAUSE_BETWEEN_TRIES, this.remaining()))
    }
  }

  /** Gives the lock back. Idempotent; wins over an extension in flight; never rejects. */
  async release(): Promise<ReleaseOutcome> {
    const lease = this.#lease
    if (lease.state === 'lost') return 'expired'
    return this.#engine.holds.release(lease)
  }

  /** Stops renewing: the lock expires by itself, and is not released at the end of its scope. */
  detach(): void {
    this.#engine.holds.detach(this.#lease)
  }

  /**
   * What another process needs to go on with the lock. Once it has resumed it, the lock is its own: this handle loses it
   * with its next renewal, and neither its release nor its end takes the lock away from the other process.
   */
  toJSON(): LockJson {
    const lease = this.#lease
    const { claim, value, token, ttl } = lease
    const bearer = (lease.bearer ??= 0)
    return {
      resources: claim.resources,
      value,
      ...(token === undefined ? {} : { token: String(token) }),
      ttl,
      expiresAt: this.expiresAt,
      ...(bearer === 0 ? {} : { bearer }),
    }
  }

  /** @internal Handed over by the nodes, and not extended to its TTL yet. */
  get isProvisional(): boolean {
    return this.#lease.isProvisional
  }

  /** @internal Called once, when it is released or lost. */
  onEnd(react: () => void): void {
    if (this.#lease.state === 'held') this.#lease.onEnd = react
    else react()
  }

  /** @internal Runs what `using` runs, known as the holder to whoever looks for deadlocks. */
  run<T>(fn: (lock: Lock) => T | Promise<T>): T | Promise<T> {
    const { deadlocks } = this.#engine
    return deadlocks === undefined ? fn(this) : deadlocks.hold(this.#lease.claim, () => fn(this))
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
      `${shownResources(this.resources)} is not held any more: it was released`,
      {
        resources: this.resources,
        votes: this.votes,
      },
    )
  }
}
