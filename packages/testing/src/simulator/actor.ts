import type { Lock } from '@quorumlock/core'
import { arrangeVisit } from './arrange-visit.js'
import type { SimulatedProcess } from './simulated-process.js'
import { inherit } from './heir.js'
import type { Holding } from './holding.js'
import { shareName } from './namesake.js'
import { contestMark, leaveMark } from './long-mark.js'
import { doOnce } from './once.js'
import { mayForget, type Edge, type Feature } from './plan.js'
import type { Stage } from './stage.js'
import { User } from './user.js'
import { Visits } from './visits.js'

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

/** How long `close()` waits for its releases, and then for its connections, milliseconds. */
const CLOSING = 4_000

/** A user that performs one operation after another, chosen by chance. */
export class Actor extends User {
  isDone = false
  readonly #visits: Visits

  constructor(stage: Stage, client: SimulatedProcess, index: number) {
    super(stage, client, `${client.name}${'abcdefgh'[index] ?? ''}`)
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
        ...this.#atEdge('longMark', { longMark: 6 }),
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

  /** When a majority is healthy again, every user acquires every resource once more. */
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
          this.inTime('tryAcquire', options, 0, () => redlock.tryAcquire(resources, options)),
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
        const isFree = await this.inTime('waitForUnlock', options, timeout, () =>
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
        return arrangeVisit(this.#visits)
      case 'namesake':
        return shareName(this, first)
      case 'once':
        return doOnce(this, first)
      case 'longMark':
        return this.chance.chance(0.3) ? leaveMark(this) : contestMark(this)
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
      `isLocked('${resource}') returned false, although ${holder.client.name} held it all the time`,
    )
  }

  #resources(): string[] {
    const { resources, features } = this.stage.plan
    const name = (): string => `r${1 + this.chance.below(resources)}`
    const isSeveral = features.has('several') && this.chance.chance(0.4)
    return isSeveral ? [...new Set([name(), name(), name()])].sort() : [name()]
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

  /** Another process resumes the lock. */
  async #handOver(holding: Holding): Promise<void> {
    const { clients, oracle, timeline } = this.stage
    const heir = this.chance.pick(clients)
    // An expired lock is being rolled back, so it cannot be handed over.
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

  /** The process closes its client and creates a new one, while its other users are in the middle of their calls. */
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
