import type { AcquireOptions, Lock } from '@quorumlock/core'
import { Bounds } from './bounds.js'
import type { ClientProcess } from './client-process.js'
import type { Holding, Oracle } from './oracle.js'
import { mayForget, type Edge, type Feature, type Plan } from './plan.js'
import { inherit } from './heir.js'
import { shareName } from './namesake.js'
import { doOnce } from './once.js'
import { Prng } from './prng.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'
import { Visits } from './visits.js'

/** What actors share. */
export interface Stage {
  readonly plan: Plan
  readonly timeline: Timeline
  readonly oracle: Oracle
  readonly clients: readonly ClientProcess[]
  readonly servers: readonly Server[]
  /** A new process that comes for one thing; each of its connections is made so many milliseconds later. */
  readonly visit: (dialsIn: () => number) => ClientProcess
  readonly note: (text: () => string) => void
  readonly mark: (mark: string) => void
  attempts: number
}

type Operation =
  | 'lock'
  | 'try'
  | 'using'
  | 'named'
  | 'look'
  | 'watch'
  | 'force'
  | 'reopen'
  | Exclude<Edge, 'interrupt' | 'lag'>

/** What `close()` gives its releases, and then its connections, milliseconds. */
const CLOSING = 4_000

/** One user of a client: does one operation after another, chosen by chance. */
export class Actor {
  readonly name: string
  readonly client: ClientProcess
  isDone = false
  readonly stage: Stage
  readonly chance: Prng
  readonly bounds: Bounds
  readonly #visits: Visits

  constructor(stage: Stage, client: ClientProcess, index: number) {
    this.stage = stage
    this.client = client
    this.name = `${client.name}${'abcdefgh'[index] ?? ''}`
    this.chance = new Prng(stage.plan.seed, `actor ${this.name}`)
    this.bounds = new Bounds(stage.plan, stage.timeline, stage.oracle)
    this.#visits = new Visits(this)
  }

  start(): void {
    this.#run().catch((error: unknown) => {
      this.stage.oracle.report(
        'error',
        `${this.name}: ${String(error)} ${error instanceof Error ? (error.stack ?? '') : ''}`,
      )
    })
  }

  async #run(): Promise<void> {
    const { plan, timeline } = this.stage
    if (plan.calmUntil > 0) await this.#warmUp()
    for (let left = plan.operations; left > 0 && timeline.now < plan.stormUntil; left--) {
      await this.client.sleep(this.chance.between(0, 2 * plan.thinkTime))
      const operation = this.chance.weighted<Operation>({
        lock: 10,
        ...this.#ifOn('try', { try: 3 }),
        ...this.#ifOn('using', { using: 3 }),
        ...this.#ifOn('named', { named: 2 }),
        ...this.#ifOn('look', { look: 2 }),
        ...this.#ifOn('watch', { watch: 2 }),
        ...this.#ifOn('force', { force: 1 }),
        ...this.#ifOn('reopen', { reopen: 1 }),
        ...this.#atEdge('heir', { heir: 4 }),
        ...this.#atEdge('visit', { visit: 4 }),
        ...this.#atEdge('namesake', { namesake: 2 }),
        ...this.#atEdge('once', { once: 2 }),
      })
      await this.forgivingly(operation, () => this.#do(operation))
    }
    await this.#finale()
    this.isDone = true
  }

  async #warmUp(): Promise<void> {
    const { plan, timeline } = this.stage
    await this.forgivingly('warm-up', async () =>
      (await this.client.redlock.tryAcquire('warm-up'))?.release(),
    )
    await this.client.sleep(Math.max(0, plan.calmUntil - timeline.now))
  }

  /** When everything that matters is healthy again, everybody gets every resource. */
  async #finale(): Promise<void> {
    const { plan, timeline } = this.stage
    await this.client.sleep(Math.max(0, plan.stormUntil - timeline.now) + this.chance.between(1, 50))
    for (let resource = 1; resource <= plan.resources; resource++) {
      for (let isHeld = false; !isHeld; ) {
        isHeld = await this.forgivingly('finale', async () => {
          const options = { ...this.options(), wait: Infinity }
          const holding = await this.acquire([`r${resource}`], options)
          await this.release(holding)
        })
      }
    }
  }

  #ifOn<T extends object>(feature: Feature, entry: T): T | object {
    return this.stage.plan.features.has(feature) ? entry : {}
  }

  #atEdge<T extends object>(edge: Edge, entry: T): T | object {
    return this.stage.plan.edges.has(edge) ? entry : {}
  }

  /** For calls that are given up now and then, wherever they are just then. */
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

  /** Errors that an operation may end with; false for one of them. Any other is a violation. */
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
      // A world without a majority would be asked again in no time.
      await this.client.sleep(this.chance.between(1, 20))
      return false
    }
  }

  async #do(operation: Operation): Promise<void> {
    const { redlock } = this.client
    const resources = this.#resources()
    const [first] = resources as [string]
    switch (operation) {
      case 'lock':
        return this.#section(await this.acquire(resources, this.options()))
      case 'try': {
        const options = { ...this.options(), ...this.interruption() }
        const lock = await this.counted(resources, () =>
          this.#inTime('tryAcquire', options, 0, () => redlock.tryAcquire(resources, options)),
        )
        if (lock !== undefined) await this.#section(lock)
        return
      }
      case 'using':
        return this.#using(resources)
      case 'named': {
        const named = redlock.getLock(first)
        const options = { ...this.options(), ...this.interruption() }
        const holding = await this.counted([first], () => named.acquire(options))
        if (holding === undefined) return
        await this.work(holding)
        this.stage.oracle.ended(holding)
        await (this.chance.chance(0.5) ? named.release() : holding.lock.release())
        return
      }
      case 'look':
        await (this.chance.chance(0.5) ? this.#look(first) : redlock.inspect(first))
        redlock.health()
        return
      case 'watch': {
        const timeout = this.chance.pick([0, 50, 1_000, 5_000])
        const options = { timeout, ...this.interruption() }
        const isFree = await this.#inTime('waitForUnlock', options, timeout, () =>
          redlock.waitForUnlock(first, options),
        )
        this.stage.mark(isFree ? 'watch ended free' : 'watch ran out')
        return
      }
      case 'force':
        this.stage.oracle.forced(first)
        await redlock.forceRelease(first)
        return
      case 'reopen':
        return this.#reopen()
      case 'heir':
        return inherit(this, resources)
      case 'visit':
        return this.#visits.arrange()
      case 'namesake':
        return shareName(this, first)
      case 'once':
        return doOnce(this, first)
    }
  }

  async #look(resource: string): Promise<void> {
    const { oracle, plan, timeline } = this.stage
    const invoked = timeline.now
    const isLocked = await this.client.redlock.isLocked(resource)
    const holder = isLocked ? undefined : oracle.heldSince(resource, invoked)
    if (holder === undefined || mayForget(plan)) return
    oracle.report(
      'handle',
      `isLocked('${resource}') said false, though ${holder.client.name} held it all the time`,
    )
  }

  #resources(): string[] {
    const { resources, features } = this.stage.plan
    const name = (): string => `r${1 + this.chance.below(resources)}`
    const isSeveral = features.has('several') && this.chance.chance(0.4)
    return isSeveral ? [...new Set([name(), name(), name()])].sort() : [name()]
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
      this.#inTime('acquire', options, options.wait ?? 0, () => redlock.acquire(one, options))
    return (await this.counted(resources, call)) as Holding
  }

  /** A call with these options may last for `given` milliseconds, and for a node's deadline more. */
  #inTime<T>(
    what: string,
    { ttl, signal }: AcquireOptions,
    given: number,
    call: () => Promise<T>,
  ): Promise<T> {
    const more = this.bounds.beyond(ttl ?? this.stage.plan.ttls[0] ?? 0)
    return this.bounds.judge(this.client, what, given + more, call, signal, more)
  }

  /** Does an acquisition and tells the oracle. */
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

  async #using(resources: string[]): Promise<void> {
    const { redlock } = this.client
    const { oracle, timeline } = this.stage
    this.stage.attempts++
    const invoked = timeline.now
    const floor = oracle.highestToken(resources)
    const body = async (lock: Lock): Promise<void> => {
      const holding = this.holding(resources, lock, invoked)
      oracle.granted(holding, floor)
      await this.work(holding)
      oracle.ended(holding)
    }
    const waits = this.chance.chance(0.5)
    const options = { ...this.options(), ...this.interruption() }
    if (waits) await redlock.using(resources, options, body)
    else await redlock.tryUsing(resources, options, body)
  }

  async #section(holding: Holding): Promise<void> {
    const { plan, oracle } = this.stage
    if (plan.features.has('overstay') && this.chance.chance(0.25)) {
      await this.client.sleep(holding.lock.remaining() * this.chance.between(0.9, 1.2))
    }
    await this.work(holding)
    if (plan.features.has('resume') && this.chance.chance(0.25)) return this.#handOver(holding)
    if (plan.features.has('detach') && this.chance.chance(0.25)) {
      holding.leftToExpire = true
      holding.lock.detach()
      this.stage.timeline.after(3 * Math.max(...plan.ttls) + 1_000, () => {
        oracle.ended(holding)
      })
      return
    }
    await this.release(holding)
  }

  /** What is done under the lock: time passes, the protected resource is used, the lock is prolonged. */
  async work(holding: Holding): Promise<void> {
    const { plan, oracle } = this.stage
    const { lock } = holding
    /** The TTL of the last extension, where there was one at a time. */
    let asked = Infinity
    for (let step = this.chance.below(3); step >= 0; step--) {
      await this.client.sleep(this.chance.between(0, plan.sectionTime))
      if (!lock.held) return
      if (plan.world === 'edges' && lock.remaining() > asked)
        oracle.report(
          'handle',
          `${this.name} asked for ${asked} ms of ${lock.value}, but has ${lock.remaining().toFixed(1)}`,
        )
      if (plan.world === 'uncheckedPause') {
        // Looked, and did not look again before acting.
        await this.client.sleep(this.chance.between(0.1, 5))
        oracle.used(holding)
      }
      if (plan.features.has('extend') && this.chance.chance(0.4)) {
        const ttl = this.#newTtl()
        const prolonged = [lock.extend(...ttl)]
        asked = ttl[0] ?? asked
        if (plan.features.has('extendTwice') && this.chance.chance(0.5)) {
          prolonged.push(lock.extend(...this.#newTtl()))
          asked = Infinity
        }
        if (await this.forgivingly('extend', () => Promise.all(prolonged)))
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

  /** Another process goes on with the lock. */
  async #handOver(holding: Holding): Promise<void> {
    const { clients, oracle, timeline } = this.stage
    const heir = this.chance.pick(clients)
    // What is over already is being taken back: it is nobody's to hand over.
    if (!holding.lock.held) return this.release(holding)
    const json = holding.lock.toJSON()
    holding.lock.detach()
    holding.leftToExpire = true
    oracle.ended(holding)
    if (heir.isCrashed) return
    await new Promise<void>((resolve) => {
      timeline.after(this.chance.between(0, 5), () => {
        heir.enter('network', () => {
          const goOn = async (): Promise<void> => {
            const lock = await heir.redlock.resume(json, { autoExtend: this.chance.chance(0.5) })
            const taken = { ...holding, client: heir, lock, leftToExpire: false }
            oracle.resumed(taken)
            this.stage.mark('resumed')
            await heir.sleep(this.chance.between(0, this.stage.plan.sectionTime))
            oracle.ended(taken)
            await lock.release()
          }
          void this.forgivingly('resume', goOn).catch((error: unknown) => {
            oracle.report('error', String(error))
          })
        })
        resolve()
      })
    })
  }

  /** The process ends its client and makes a new one, in the middle of whatever its other users do. */
  async #reopen(): Promise<void> {
    const { redlock } = this.client
    this.client.open()
    await this.bounds.judge(
      this.client,
      'close',
      CLOSING + this.bounds.beyond(Math.max(...this.stage.plan.ttls)),
      () => redlock.close(),
    )
    this.stage.mark('closed while others use it')
  }
}
