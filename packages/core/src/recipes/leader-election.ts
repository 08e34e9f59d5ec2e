import type { Redlock } from '../redlock.js'
import { checkFunction, checkName, checkOptions, checkRedlock, checkSignal, checkTime } from './checks.js'
import { Leadership } from './leadership.js'

export interface LeaderElectionOptions {
  /**
   * How long a leader that crashed still counts as leader, milliseconds. Default: the `ttl` of the Redlock.
   * Lower: a crash is made good sooner. Higher: longer outages of nodes are survived in office.
   */
  readonly ttl?: number | undefined
  /** Give every term of office a `token` that is higher than that of every earlier one. Default false. */
  readonly fencing?: boolean | undefined
}

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
    checkOptions(options, ['ttl', 'fencing'])
    checkTime('ttl', options.ttl, 1)
    this.#redlock = redlock
    this.#options = options
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

  /** Waits until this process is the leader, for as long as it takes. */
  async campaign({ signal }: CampaignOptions = {}): Promise<Leadership> {
    checkSignal(signal)
    const { ttl, fencing } = this.#options
    const lock = await this.#redlock.acquire(this.resource, {
      ttl,
      fencing,
      signal,
      wait: Infinity,
      autoExtend: true,
    })
    this.#leadership = new Leadership(lock)
    return this.#leadership
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
}
