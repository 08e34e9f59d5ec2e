import type { AcquireOptions, Lock } from '@quorumlock/core'
import { Bounds } from './bounds.js'
import type { SimulatedProcess } from './simulated-process.js'
import type { Holding } from './holding.js'
import { SeededRandom } from '../random/seeded-random.js'
import type { Stage } from './stage.js'

/** One user of a client: how it calls the library, and what is counted, bounded and judged about its calls. */
export class User {
  readonly stage: Stage
  readonly client: SimulatedProcess
  readonly name: string
  readonly chance: SeededRandom
  readonly bounds: Bounds

  constructor(stage: Stage, client: SimulatedProcess, name: string) {
    this.stage = stage
    this.client = client
    this.name = name
    this.chance = new SeededRandom(stage.plan.seed, `actor ${name}`)
    this.bounds = new Bounds(stage.plan, stage.timeline, stage.oracle)
  }

  /** Options for a call that is sometimes aborted, at any point. */
  interruption(longest = 300): { signal?: AbortSignal } {
    if (!this.stage.plan.edges.has('interrupt') || !this.chance.chance(0.4)) return {}
    return { signal: this.#givenUpIn(this.chance.skewed(0, longest)) }
  }

  #givenUpIn(delay: number): AbortSignal {
    const controller = new AbortController()
    void this.client.sleep(delay).then(() => {
      controller.abort(Object.assign(new Error('given up'), { code: 'GIVEN_UP' }))
    })
    return controller.signal
  }

  /** Resolves with false for an error that an operation may end with. Any other error is a violation. */
  async forgivingly(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const { code } = error as { code?: unknown }
      const expected = ['CONTENDED', 'UNAVAILABLE', 'LOST', 'CLOSED', 'GIVEN_UP'].includes(code as string)
      this.stage.note(() => `${this.name} ${what} failed: ${String(code)} ${String(error).slice(0, 200)}`)
      if (!expected) throw error
      this.stage.mark(`error ${String(code)}`)
      // In a world without a majority, the next call would follow without any delay.
      await this.client.sleep(this.chance.between(1, 20))
      return false
    }
  }

  options(): AcquireOptions {
    const { plan } = this.stage
    const chance = this.chance
    const ttl = chance.pick(plan.ttls)
    const wait = chance.pick([0, 20, 300, 3_000, 10_000, Infinity])
    const autoExtend = plan.features.has('autoExtend') && chance.chance(0.6)
    const maxHold = plan.features.has('maxHold') && chance.chance(0.3) ? ttl * 2 : undefined
    const fair = plan.fair === 'mixed' ? chance.chance(0.5) : plan.fair === 'always'
    return {
      ttl,
      wait,
      autoExtend,
      fair,
      fencing: plan.fencing,
      ...(maxHold === undefined ? {} : { maxHold }),
    }
  }

  async acquire(resources: readonly string[], given: AcquireOptions): Promise<Holding> {
    const { redlock } = this.client
    let options = given
    if (this.stage.plan.features.has('abort') && this.chance.chance(0.2)) {
      options = { ...given, signal: this.#givenUpIn(this.chance.skewed(0, 500)) }
    }
    const one = resources.length === 1 ? (resources[0] as string) : resources
    const call = (): Promise<Lock> =>
      this.inTime('acquire', options, options.wait ?? 0, () => redlock.acquire(one, options))
    return (await this.counted(resources, call)) as Holding
  }

  /** A call with these options may last for `given` milliseconds plus a node's deadline. */
  inTime<T>(
    what: string,
    { ttl, signal }: AcquireOptions,
    given: number,
    call: () => Promise<T>,
  ): Promise<T> {
    const more = this.bounds.beyond(ttl ?? this.stage.plan.ttls[0] ?? 0)
    return this.bounds.judge(this.client, what, given + more, call, signal, more)
  }

  /** Performs an acquisition and reports it to the oracle. */
  async counted(
    resources: readonly string[],
    acquire: () => Promise<Lock | null>,
  ): Promise<Holding | undefined> {
    const { oracle, timeline } = this.stage
    this.stage.attempts++
    const invoked = timeline.now
    const floor = oracle.highestToken(resources)
    this.stage.note(() => `${this.name} acquires ${resources.join()}`)
    const lock = await acquire()
    if (lock === null) {
      this.stage.mark('try refused')
      return undefined
    }
    const holding = this.holding(resources, lock, invoked)
    this.stage.note(
      () => `${this.name} HOLDS ${resources.join()} ${lock.value} for ${lock.remaining().toFixed(1)}`,
    )
    oracle.granted(holding, floor)
    return holding
  }

  holding(resources: readonly string[], lock: Lock, invoked: number): Holding {
    const granted = this.stage.timeline.now
    return { client: this.client, resources, lock, owner: lock, invoked, granted, leftToExpire: false }
  }

  /** Work under the lock: time passes, the protected resource is used, the lock is extended. */
  async work(holding: Holding): Promise<void> {
    const { plan, oracle } = this.stage
    const { lock } = holding
    /** The TTL of the last extension, if only one was in flight. */
    let asked = Infinity
    for (let step = this.chance.below(3); step >= 0; step--) {
      await this.client.sleep(this.chance.between(0, plan.sectionTime))
      if (!lock.held) return
      if (plan.world === 'edges' && lock.remaining() > asked)
        oracle.report(
          'handle',
          `${this.name} requested ${asked} ms of ${lock.value}, but has ${lock.remaining().toFixed(1)} ms`,
        )
      if (plan.world === 'uncheckedPause') {
        // Checked the lock, and did not check it again before acting.
        await this.client.sleep(this.chance.between(0.1, 5))
        oracle.used(holding)
      }
      if (plan.features.has('extend') && this.chance.chance(0.4)) {
        const ttl = this.#newTtl()
        const extensions = [lock.extend(...ttl)]
        asked = ttl[0] ?? asked
        if (plan.features.has('extendTwice') && this.chance.chance(0.5)) {
          extensions.push(lock.extend(...this.#newTtl()))
          asked = Infinity
        }
        if (await this.forgivingly('extend', () => Promise.all(extensions)))
          oracle.chronicle?.extended(holding)
      }
    }
  }

  #newTtl(): [number?] {
    return this.chance.chance(0.5) ? [] : [this.chance.pick(this.stage.plan.ttls)]
  }

  async release(holding: Holding): Promise<void> {
    this.stage.oracle.ended(holding)
    this.stage.note(() => `${this.name} releases ${holding.lock.value}`)
    const outcome = await this.bounds.judge(
      this.client,
      'release',
      this.bounds.beyond(Math.max(...this.stage.plan.ttls)),
      () => holding.lock.release(),
    )
    this.stage.mark(`release ${outcome}`)
    this.stage.note(() => `${this.name} released ${holding.lock.value}: ${outcome}`)
  }
}
