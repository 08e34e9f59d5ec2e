import { systemClock, type Clock } from '../clock.js'
import { LockLostError } from '../errors.js'
import type { Lock } from '../lock.js'
import type { Redlock } from '../redlock.js'
import {
  checkClock,
  checkFunction,
  checkLabel,
  checkName,
  checkOptions,
  checkRedlock,
  checkSignal,
  checkTime,
} from './checks.js'
import { confirmed } from './confirmed.js'
import { LeaderWatch, leaderOf, nameOf } from './leader-watch.js'
import { Leadership } from './leadership.js'

export interface LeaderElectionOptions {
  /**
   * How long a leader that crashed still counts as leader, milliseconds. Default: the `ttl` of the Redlock.
   * Lower: a crash is made good sooner. Higher: longer outages of nodes are survived in office.
   */
  readonly ttl?: number | undefined
  /** Give every term of office a `token` that is higher than that of every earlier one. Default false. */
  readonly fencing?: boolean | undefined
  /**
   * The name under which others see this candidate, such as its host: in `leader()`, `onLeader` and `quorumlock status`.
   * Default: the `label` of the Redlock.
   */
  readonly label?: string | undefined
  /**
   * Called with the name of each new leader, as `leader()` returns it: at once when this process is elected, within
   * about a second when another one is while this process is a candidate.
   */
  readonly onLeader?: ((leader: string) => void) | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

const OPTIONS = ['ttl', 'fencing', 'label', 'onLeader', 'clock'] as const

export interface CampaignOptions {
  /** Ends the candidacy. Has no power over a leadership that was won. */
  readonly signal?: AbortSignal | undefined
}

/**
 * One leader among all processes that campaign under the same name. Candidates take over first come, first served:
 * at once when the leader resigns, within the TTL when it crashed.
 */
export class LeaderElection {
  readonly #redlock: Redlock
  readonly #options: LeaderElectionOptions
  readonly #watch: LeaderWatch | undefined
  #leadership: Leadership | undefined
  /** The name under which the lock is found by `redlock.inspect()` and the `quorumlock status` command. */
  readonly resource: string

  constructor(
    redlock: Redlock,
    readonly name: string,
    options: LeaderElectionOptions = {},
  ) {
    checkRedlock(redlock)
    checkName('name', name)
    checkOptions(options, OPTIONS)
    const { ttl, label, onLeader, clock } = options
    checkTime('ttl', ttl, 1)
    checkLabel(label)
    checkFunction('onLeader', onLeader, 'optional')
    checkClock(clock)
    this.#redlock = redlock
    this.#options = options
    if (onLeader !== undefined) this.#watch = new LeaderWatch(redlock, clock ?? systemClock, onLeader)
    this.resource = `leader:${name}`
  }

  /** Whether this process leads at this very moment, by the clock: also right after it stood still. */
  get isLeader(): boolean {
    return this.#leadership?.held === true
  }

  /** The term of office that was won last, if it has not ended. */
  get leadership(): Leadership | undefined {
    return this.isLeader ? this.#leadership : undefined
  }

  /** Whether any process leads, as far as a majority of the nodes knows. */
  async hasLeader(): Promise<boolean> {
    return this.#redlock.isLocked(this.resource)
  }

  /**
   * Who leads, as far as a majority of the nodes knows: the `label` of the leader, or a digest that tells leaders apart
   * where it has none; `null` when no process leads.
   */
  async leader(): Promise<string | null> {
    return leaderOf(this.#redlock, this.resource)
  }

  /** Waits until this process is the leader, for as long as it takes. */
  async campaign({ signal }: CampaignOptions = {}): Promise<Leadership> {
    checkSignal(signal)
    const ended = new AbortController()
    void this.#watch?.follow(this.resource, ended.signal)
    try {
      const lock = await this.#win(signal)
      this.#leadership = new Leadership(lock)
      this.#watch?.report(nameOf(lock))
      return this.#leadership
    } finally {
      ended.abort()
    }
  }

  /** Ends the present term of office, if there is one. The next candidate takes over at once. */
  async resign(): Promise<void> {
    await this.#leadership?.resign()
  }

  /**
   * Campaigns, and runs `fn` for as long as this process leads; after a loss it campaigns again. Ends when `fn`
   * returns in office, when it throws in office (with its error), or when `options.signal` aborts. The office is
   * given up only when `fn` has settled, so that the next leader never works beside this one.
   */
  async run(
    fn: (signal: AbortSignal, leadership: Leadership) => unknown,
    options: CampaignOptions = {},
  ): Promise<void> {
    checkFunction('fn', fn)
    const { signal } = options
    checkSignal(signal)
    while (signal?.aborted !== true) {
      const leadership = await this.campaign(options).catch((error: unknown) => {
        if (signal?.aborted === true) return undefined
        throw error
      })
      if (leadership === undefined) return
      if ((await leadership.serve(fn, signal)) === 'finished') return
    }
  }

  /** A term that was lost before it could begin is none: the candidate waits for the next one. */
  async #win(signal: AbortSignal | undefined): Promise<Lock> {
    const { ttl, fencing, label } = this.#options
    for (;;) {
      const lock = await this.#redlock.acquire(this.resource, {
        ttl,
        fencing,
        label,
        signal,
        wait: Infinity,
        autoExtend: true,
      })
      try {
        await confirmed(lock)
        signal?.throwIfAborted()
        return lock
      } catch (error) {
        await lock.release()
        if (!(error instanceof LockLostError)) throw error
      }
    }
  }
}
