import { shownResources } from './check.js'
import { Engine } from './engine.js'
import { LockLostError } from './errors.js'
import { healthOf, type NodeHealth } from './health.js'
import { Lease, type Claim } from './lease.js'
import { Lock, type LockJson } from './lock.js'
import { NamedLock } from './named-lock.js'
import { acquire, tryAcquire } from './operations/acquire.js'
import { PAUSE_BETWEEN_TRIES, type ExtendOutcome } from './operations/extend.js'
import { inspectionOf, isHeld, lookEverywhere, lookUntilSure, type Inspection } from './operations/inspect.js'
import { unanswered } from './operations/refusal.js'
import { waitForUnlock } from './operations/wait-for-unlock.js'
import {
  checkTtl,
  resolveCall,
  resolveTimeout,
  resolveOptions,
  shown,
  type AcquireOptions,
  type RedlockOptions,
  type WaitForUnlockOptions,
} from './options.js'
import { validityOf } from './quorum/validity.js'
import { checkResources } from './resources.js'
import { originOf } from './telemetry/long-holds.js'
import { Interruption } from './wait/interruption.js'

export type TryUsing<T> = { readonly acquired: true; readonly value: T } | { readonly acquired: false }

/** How long `close()` waits for the last releases, milliseconds. */
const CLOSE_WITHIN = 2_000

/** Locks over a quorum of nodes. One client for each set of nodes; it is cheap to keep and safe to share. */
export class Redlock {
  readonly #engine: Engine
  #closing: Promise<void> | undefined

  constructor(options: RedlockOptions) {
    this.#engine = new Engine(resolveOptions(options))
  }

  /** Nodes that have to agree. */
  get quorum(): number {
    return this.#engine.options.quorum
  }

  /**
   * Waits for a lock on one resource, or on several at once. Rejects with `LockContendedError` when `wait` ran out,
   * `QuorumUnavailableError` when too few nodes can answer, and the signal's reason when aborted.
   */
  async acquire(resources: string | readonly string[], options?: AcquireOptions): Promise<Lock> {
    const claim = this.#claim(resources, options)
    return this.#hand(await acquire(this.#engine, claim, options?.signal), options?.signal)
  }

  /** Tries once: `null` when others hold it or wait for it; rejects when too few nodes can answer. */
  async tryAcquire(resources: string | readonly string[], options?: AcquireOptions): Promise<Lock | null> {
    const claim = this.#claim(resources, options)
    const lease = await tryAcquire(this.#engine, claim, options?.signal)
    return lease === undefined ? null : this.#hand(lease, options?.signal)
  }

  /** Runs `fn` while the lock is held and releases it whatever happens. */
  async using<T>(resources: string | readonly string[], fn: (lock: Lock) => T | Promise<T>): Promise<T>
  async using<T>(
    resources: string | readonly string[],
    options: AcquireOptions | undefined,
    fn: (lock: Lock) => T | Promise<T>,
  ): Promise<T>
  async using<T>(
    resources: string | readonly string[],
    ...rest: [(lock: Lock) => T | Promise<T>] | [AcquireOptions | undefined, (lock: Lock) => T | Promise<T>]
  ): Promise<T> {
    const [options, fn] = optionsAndFunction<T>(rest)
    return runUnder(await this.acquire(resources, options), fn)
  }

  /** The same, if the lock can be had at once. */
  async tryUsing<T>(
    resources: string | readonly string[],
    fn: (lock: Lock) => T | Promise<T>,
  ): Promise<TryUsing<T>>
  async tryUsing<T>(
    resources: string | readonly string[],
    options: AcquireOptions | undefined,
    fn: (lock: Lock) => T | Promise<T>,
  ): Promise<TryUsing<T>>
  async tryUsing<T>(
    resources: string | readonly string[],
    ...rest: [(lock: Lock) => T | Promise<T>] | [AcquireOptions | undefined, (lock: Lock) => T | Promise<T>]
  ): Promise<TryUsing<T>> {
    const [options, fn] = optionsAndFunction<T>(rest)
    const lock = await this.tryAcquire(resources, options)
    return lock === null ? { acquired: false } : { acquired: true, value: await runUnder(lock, fn) }
  }

  /** A lock by its name, for code that does not pass handles around. */
  getLock(resource: string, options?: AcquireOptions): NamedLock {
    const claim = this.#claim(resource, options)
    return new NamedLock(this, claim.resources[0] as string, options)
  }

  /** Whether somebody holds the resource on a majority of the nodes. */
  async isLocked(resource: string): Promise<boolean> {
    const resources = checkResources(resource)
    const { quorum } = this.#engine
    return isHeld(quorum, resources, await lookUntilSure(quorum, this.#keysOf(resources)))
  }

  /** Resolves true as soon as nobody holds the resource, false when `timeout` ran out. */
  async waitForUnlock(resource: string, options: WaitForUnlockOptions = {}): Promise<boolean> {
    const resources = checkResources(resource)
    const timeout = resolveTimeout(options, this.#engine.options)
    const {
      quorum,
      wakeups,
      options: { retryInterval },
    } = this.#engine
    const watched = { resources, keys: this.#keysOf(resources), timeout, retryInterval }
    const wanted = new Interruption(this.#engine, resources, options.signal)
    try {
      return await waitForUnlock(quorum, wakeups, watched, wanted)
    } finally {
      wanted.dispose()
    }
  }

  /** What each node knows of a resource: who holds it, for how long, and who waits. */
  async inspect(resource: string): Promise<Inspection> {
    const resources = checkResources(resource)
    const { quorum } = this.#engine
    const tally = await lookEverywhere(quorum, this.#keysOf(resources))
    return inspectionOf(quorum, resources[0] as string, tally)
  }

  /** For operators: frees a resource whoever holds it. Its holder learns of it with its next renewal. True if it was held anywhere. */
  async forceRelease(resource: string): Promise<boolean> {
    const resources = checkResources(resource)
    const keys = this.#keysOf(resources)
    const { quorum, holds } = this.#engine
    const tally = await quorum.round(() => ({ kind: 'force', keys }), { isDecided: () => false })
    for (const lease of holds.all) {
      if (lease.claim.keys.some((key) => keys.includes(key))) holds.lose(lease, 'forced')
    }
    if (!tally.isAnswered) {
      throw unanswered(quorum, `free ${shownResources(resources)}`, resources, tally)
    }
    return tally.granted > 0
  }

  /** The state of every node as this client sees it now; asks nobody. */
  health(): NodeHealth[] {
    return healthOf(this.#engine.quorum, this.#engine.guard !== undefined)
  }

  /** An operator's word that a node in quarantine may vote again at once, though locks that it forgot may still be held. */
  async liftQuarantine(node: string): Promise<void> {
    const { members, names } = this.#engine.quorum
    const member = members.find(({ name }) => name === node)
    if (member === undefined) {
      throw new RangeError(`Expected the name of a node, one of ${names.join(', ')}, got ${shown(node)}`)
    }
    await this.#engine.guard?.lift(member)
  }

  /**
   * Continues with a lock that another process, or another client, has handed over: what `lock.toJSON()` returned, or
   * that as a string. From then on the lock is held here, whatever becomes of the handle there.
   */
  async resume(json: LockJson | string, options?: AcquireOptions): Promise<Lock> {
    const { resources, value, token, ttl, bearer } = checkLockJson(json)
    const claim = this.#claim(resources, { ttl, ...options })
    const { quorum, waits } = this.#engine
    waits.assertOpen(claim.resources)
    const validity = validityOf(claim.options.ttl, claim.options.driftFactor)
    const lease = new Lease(claim, value, token, quorum.now(), quorum.newTally(), validity)
    lease.bearer = bearer + 1
    const wanted = new Interruption(this.#engine, claim.resources, options?.signal)
    try {
      const outcome = await this.#prove(lease, wanted)
      wanted.throwIfInterrupted()
      if (outcome === 'renewed') return new Lock(this.#engine, lease)
      throw new LockLostError(
        outcome === 'lost' ? 'gone' : 'expired',
        `Cannot resume ${shownResources(claim.resources)}: it is not held any more`,
        { resources: claim.resources, votes: lease.tally.votes() },
      )
    } catch (error) {
      // Nobody's lease: the keys belong to whoever resumes the lock next, or expire by themselves.
      lease.end('released')
      throw error
    } finally {
      wanted.dispose()
    }
  }

  /** It is ours if a majority says so: an extension asks just that. */
  async #prove(lease: Lease, wanted: Interruption): Promise<ExtendOutcome> {
    const { quorum, holds } = this.#engine
    for (;;) {
      const outcome = await wanted.unless(holds.extend(lease, lease.claim.options.ttl, 'awaited'))
      if (outcome !== 'inconclusive' || lease.remaining(quorum.now()) === 0) return outcome
      await wanted.pause(PAUSE_BETWEEN_TRIES)
    }
  }

  /**
   * Ends all waits, releases what is held (but for what was detached) and closes what is ours. Bounded in time even
   * when nodes hang. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { quorum, waits, holds, guard, wakeups } = this.#engine
    waits.close()
    for (const lease of holds.all) {
      if (!lease.detached) void holds.release(lease, endedByClose(lease))
    }
    await this.#within(CLOSE_WITHIN, holds.released())
    await this.#settled()
    holds.close()
    guard?.close()
    wakeups.close()
    for (const member of quorum.members) member.close()
    const closings = quorum.members.map(async ({ node }) => node.close?.())
    await this.#within(CLOSE_WITHIN, Promise.allSettled(closings))
  }

  /** Waits for `work`, but not for longer; leaves no timer behind that would keep the process. */
  async #within(limit: number, work: Promise<unknown>): Promise<void> {
    const { agenda, clock } = this.#engine.quorum
    await new Promise<void>((resolve) => {
      const alarm = agenda.at(clock.monotonic() + limit, 'awaited', resolve)
      void work.then(() => {
        alarm.cancel()
        resolve()
      })
    })
  }

  /** Releases and roll-backs that are still under way would otherwise block others until they expire. */
  async #settled(): Promise<void> {
    const { quorum, options } = this.#engine
    const { members, clock } = quorum
    const until = clock.monotonic() + options.nodeTimeout
    const open = (): boolean =>
      members.some(({ isReachable, owed, pending }) => isReachable && owed + pending > 0)
    while (open() && clock.monotonic() < until) await quorum.pause(1)
  }

  #claim(given: string | readonly string[], options: AcquireOptions | undefined): Claim {
    const resources = checkResources(given)
    const keys = this.#keysOf(resources)
    const resolved = resolveCall(options, this.#engine.options)
    const { deadlockDetection } = this.#engine.options
    if (deadlockDetection === false || !deadlockDetection.captureStack) {
      return { resources, keys, options: resolved }
    }
    return { resources, keys, options: resolved, origin: originOf() }
  }

  #keysOf(resources: readonly string[]): readonly string[] {
    return resources.map((resource) => this.#engine.keyOf(resource))
  }

  /** The last moment for an abort: a lock that came too late is given back first. */
  async #hand(lease: Lease, signal: AbortSignal | undefined): Promise<Lock> {
    const lock = new Lock(this.#engine, lease)
    if (signal?.aborted === true || this.#engine.waits.closed) {
      await lock.release()
      this.#engine.waits.assertOpen(lock.resources)
      signal?.throwIfAborted()
    }
    return lock
  }
}

/** Whoever still works under the lock has to hear of it: the lock is about to be somebody else's. */
function endedByClose({ claim: { resources } }: Lease): LockLostError {
  return new LockLostError('closed', `${shownResources(resources)} was released: its Redlock was closed`, {
    resources,
  })
}

/** The function's own error is never masked; a lock that was lost meanwhile is an error if there is no other. */
async function runUnder<T>(lock: Lock, fn: (lock: Lock) => T | Promise<T>): Promise<T> {
  try {
    const value = await lock.run(fn)
    lock.assertNotLost()
    return value
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

function optionsAndFunction<T>(
  rest: readonly unknown[],
): [AcquireOptions | undefined, (lock: Lock) => T | Promise<T>] {
  const fn = rest.length > 1 ? rest[1] : rest[0]
  if (typeof fn !== 'function') {
    throw new TypeError(
      `Expected the last argument to be the function to run under the lock, got ${shown(fn)}`,
    )
  }
  const options = rest.length > 1 ? (rest[0] as AcquireOptions | undefined) : undefined
  return [options, fn as (lock: Lock) => T | Promise<T>]
}

/** What it is given is a secret: whoever knows the value can release the lock. So messages show no more than its kind. */
function checkLockJson(
  json: LockJson | string,
): Omit<LockJson, 'token'> & { token: number | undefined; bearer: number } {
  const given = typeof json === 'string' ? parsed(json) : (json as unknown)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`Expected what lock.toJSON() returned, or that as a string, got ${kindOf(given)}`)
  }
  const { resources, value, token, ttl, expiresAt, bearer = 0 } = given as LockJson
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`Expected \`value\` of a lock to be a non-empty string, got ${kindOf(value)}`)
  }
  if (!Number.isSafeInteger(bearer) || bearer < 0) {
    throw new TypeError(`Expected \`bearer\` of a lock to be a whole number, got ${shown(bearer)}`)
  }
  if (!Number.isFinite(expiresAt)) {
    throw new TypeError(`Expected \`expiresAt\` of a lock to be epoch milliseconds, got ${shown(expiresAt)}`)
  }
  checkTtl(ttl, 0)
  const number = token === undefined ? undefined : Number(token)
  if (number !== undefined && !(Number.isSafeInteger(number) && number > 0)) {
    throw new TypeError(`Expected \`token\` of a lock to be decimal digits, got ${shown(token)}`)
  }
  return { resources, value, token: number, ttl, expiresAt, bearer }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new TypeError(
      'Expected a string to be the JSON of what lock.toJSON() returned, got one that is not JSON',
    )
  }
}

function kindOf(given: unknown): string {
  if (given === null) return 'null'
  if (given === '') return 'an empty string'
  return Array.isArray(given) ? 'an array' : `a value of type ${typeof given}`
}
