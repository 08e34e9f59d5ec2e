import { shown } from './check.js'
import { Engine } from './engine.js'
import { healthOf, type NodeHealth } from './health.js'
import type { Lease, LockRequest } from './lease.js'
import { checkLockJson, type LockJson } from './lock-json.js'
import { Lock } from './lock.js'
import { NamedLock } from './named-lock.js'
import { acquire, tryAcquire } from './operations/acquire.js'
import { close } from './operations/close.js'
import { forceRelease } from './operations/force-release.js'
import {
  inspectionOf,
  isHeld,
  inspectAll,
  inspectUntilDecided,
  type Inspection,
} from './operations/inspect.js'
import { resume } from './operations/resume.js'
import { waitForUnlock } from './operations/wait-for-unlock.js'
import type { AcquireOptions, RedlockOptions, WaitForUnlockOptions } from './options.js'
import { resolveCall, resolveOptions, resolveTimeout } from './resolve-options.js'
import { checkResources } from './resources.js'
import { originOf } from './telemetry/long-holds.js'
import { optionsAndFunction, runUnder, type TryUsing } from './using.js'
import { Interruption } from './wait/interruption.js'

/** Locks over a quorum of nodes. Use one client for each set of nodes; it is cheap to keep and safe to share. */
export class Redlock {
  readonly #engine: Engine
  #closing: Promise<void> | undefined

  constructor(options: RedlockOptions) {
    this.#engine = new Engine(resolveOptions(options))
  }

  /** Number of nodes that must agree. */
  get quorum(): number {
    return this.#engine.options.quorum
  }

  /**
   * Waits for a lock on one resource, or on several at once. Rejects with `LockContendedError` when `wait` ran out,
   * `QuorumUnavailableError` when too few nodes can answer, and the signal's reason when aborted.
   */
  async acquire(resources: string | readonly string[], options?: AcquireOptions): Promise<Lock> {
    const request = this.#request(resources, options)
    return this.#hand(await acquire(this.#engine, request, options?.signal), options?.signal)
  }

  /** Tries once: `null` when it is held or other waiters are ahead; rejects when too few nodes can answer. */
  async tryAcquire(resources: string | readonly string[], options?: AcquireOptions): Promise<Lock | null> {
    const request = this.#request(resources, options)
    const lease = await tryAcquire(this.#engine, request, options?.signal)
    return lease === undefined ? null : this.#hand(lease, options?.signal)
  }

  /** Runs `fn` while the lock is held, and always releases it. */
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

  /** As `using`, if the lock can be acquired at once. */
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
    const request = this.#request(resource, options)
    return new NamedLock(this, request.resources[0] as string, options)
  }

  /** Whether the resource is held on a majority of nodes. */
  async isLocked(resource: string): Promise<boolean> {
    const resources = checkResources(resource)
    const { quorum } = this.#engine
    return isHeld(quorum, resources, await inspectUntilDecided(quorum, this.#keysOf(resources)))
  }

  /** Resolves true as soon as the resource is free, false when `timeout` ran out. */
  async waitForUnlock(resource: string, options: WaitForUnlockOptions = {}): Promise<boolean> {
    const resources = checkResources(resource)
    const timeout = resolveTimeout(options, this.#engine.options)
    const {
      quorum,
      wakeups,
      options: { retryInterval },
    } = this.#engine
    const watched = { resources, keys: this.#keysOf(resources), timeout, retryInterval }
    const interruption = new Interruption(this.#engine, resources, options.signal)
    try {
      return await waitForUnlock(quorum, wakeups, watched, interruption)
    } finally {
      interruption.dispose()
    }
  }

  /** What each node knows of a resource: its holder, for how long, and the waiters. */
  async inspect(resource: string): Promise<Inspection> {
    const resources = checkResources(resource)
    const { quorum } = this.#engine
    const tally = await inspectAll(quorum, this.#keysOf(resources))
    return inspectionOf(quorum, resources[0] as string, tally)
  }

  /**
   * For operators: releases a resource regardless of its holder, which notices with its next renewal. True if it was held
   * on any node.
   */
  async forceRelease(resource: string): Promise<boolean> {
    const resources = checkResources(resource)
    const { quorum, holds } = this.#engine
    return forceRelease(quorum, holds, resources, this.#keysOf(resources))
  }

  /** The state of every node as this client knows it; sends nothing. */
  health(): NodeHealth[] {
    return healthOf(this.#engine.quorum, this.#engine.guard !== undefined)
  }

  /** An operator confirms that a node in quarantine may vote again at once, though locks that it forgot may still be held. */
  async liftQuarantine(node: string): Promise<void> {
    const { members, names } = this.#engine.quorum
    const member = members.find(({ name }) => name === node)
    if (member === undefined) {
      throw new RangeError(`Expected the name of a node, one of ${names.join(', ')}, got ${shown(node)}`)
    }
    await this.#engine.guard?.lift(member)
  }

  /**
   * Continues with a lock of another process, or of another client: takes what `lock.toJSON()` returned, or that as a
   * string. From then on the lock is held here, regardless of the handle there.
   */
  async resume(json: LockJson | string, options?: AcquireOptions): Promise<Lock> {
    const parts = checkLockJson(json)
    const request = this.#request(parts.resources, { ttl: parts.ttl, ...options })
    return resume(this.#engine, request, parts, options?.signal, (lease) => new Lock(this.#engine, lease))
  }

  /**
   * Ends all waits, releases what is held (except what was detached) and closes what the client opened. Bounded in time
   * even when nodes hang. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= close(this.#engine)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #request(given: string | readonly string[], options: AcquireOptions | undefined): LockRequest {
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

  /** The last moment for an abort: a lock that came too late is released first. */
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
