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
   * Milliseconds for which a leader still counts as leader after a crash. Default: the `ttl` of the Redlock.
   * Lower: the next leader takes over sooner after a crash. Higher: a leader stays in office during longer node
   * outages.
   */
  readonly ttl?: number | undefined
  /** Give every term of office a `token` that is higher than every earlier token. Default false. */
  readonly fencing?: boolean | undefined
  /**
   * The name of this candidate, such as its host, as shown to other processes by `leader()`, `onLeader` and
   * `quorumlock status`. Default: the `label` of the Redlock.
   */
  readonly label?: string | undefined
  /**
   * Called with the name of each new leader, as returned by `leader()`. Called at once if this process is elected, and
   * within about a second if another process is elected while this one is a candidate.
   */
  readonly onLeader?: ((leader: string) => void) | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

const OPTIONS = ['ttl', 'fencing', 'label', 'onLeader', 'clock'] as const

export interface CampaignOptions {
  /** Ends the candidacy. Has no effect on a leadership that has been won. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Elects one leader among all processes that campaign under the same name. Candidates take over in order of arrival, at
 * once after the leader resigns, and within the TTL after it crashes.
 */
export class LeaderElection {
  readonly #redlock: Redlock
  readonly #options: LeaderElectionOptions
  readonly #watch: LeaderWatch | undefined
  #leadership: Leadership | undefined
  /** The resource name of the lock, for `redlock.inspect()` and the `quorumlock status` command. */
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

  /** Whether this process leads at this moment, by the clock. Correct even right after the process was paused. */
  get isLeader(): boolean {
    return this.#leadership?.held === true
  }

  /** The current term of office, if this process leads. */
  get leadership(): Leadership | undefined {
    return this.isLeader ? this.#leadership : undefined
  }

  /** Whether any process leads, according to a majority of the nodes. */
  async hasLeader(): Promise<boolean> {
    return this.#redlock.isLocked(this.resource)
  }

  /**
   * The current leader, according to a majority of the nodes. This is the `label` of the leader or, if it has none, a
   * digest that distinguishes leaders. `null` if no process leads.
   */
  async leader(): Promise<string | null> {
    return leaderOf(this.#redlock, this.resource)
  }

  /** Waits until this process is the leader, without a time limit. */
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

  /** Ends the current term of office, if there is one. The next candidate takes over at once. */
  async resign(): Promise<void> {
    await this.#leadership?.resign()
  }

  /**
   * Campaigns, and runs `fn` while this process leads. After a loss it campaigns again. Ends when `fn` returns in
   * office, when `fn` throws in office (with its error), or when `options.signal` aborts. The process resigns only
   * after `fn` has settled, so that the next leader never works at the same time.
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

  /** Wins a term. If a term is lost before it could begin, the candidate waits for the next one. */
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
