import type { AcquireOptions, Lock } from '@quorumlock/core'
import { nodeTimeoutFor } from './bounds.js'
import type { SimulatedProcess } from './simulated-process.js'
import type { Holding } from './holding.js'
import { Truth } from './truth.js'
import type { User } from './user.js'

/** With `spread: 'soon'`, a lock that is still held after this time goes to all nodes, milliseconds. */
const SOON = 5

/**
 * Processes that come for a single purpose and leave, over connections without faults and for resources that no other
 * process uses. Their results are therefore judged only by the faults of the nodes in the meantime.
 */
export class Visits {
  readonly user: User
  readonly truth: Truth
  /** The longest time of one way over the network, milliseconds. */
  readonly way: number
  readonly ttl: number
  #count = 0

  constructor(user: User) {
    const { plan, servers } = user.stage
    this.user = user
    this.truth = new Truth(plan, servers)
    this.way = plan.delay + plan.jitter
    this.ttl = Math.max(...plan.ttls)
  }

  /** A new process. Its connections are made at once, or one after another within this many milliseconds. */
  visitor(within = 0): SimulatedProcess {
    const { chance, stage } = this.user
    return stage.visit(() => (within === 0 ? 0 : chance.between(0.1, within)))
  }

  /** A resource that no other process uses. */
  resource(): string {
    return `${this.user.name}-${++this.#count}`
  }

  options(): AcquireOptions {
    const { chance, stage } = this.user
    return {
      ttl: this.ttl,
      wait: 3_000,
      fair: true,
      autoExtend: true,
      fencing: stage.plan.fencing && chance.chance(0.8),
    }
  }

  /** How late each timer of a process may be, milliseconds. */
  get lag(): number {
    return this.user.bounds.lag
  }

  /** How long the guard of a client may wait for unresponsive nodes, milliseconds. */
  get patience(): number {
    return nodeTimeoutFor(this.user.stage.plan.ttls[0] ?? 0)
  }

  /** How long it takes in a healthy world until all replies to a process have arrived, milliseconds. */
  get settling(): number {
    return 8 * this.way + 3 * this.lag + 5
  }

  /** How long it takes until a lock that has been acquired is on its way to all nodes, milliseconds. */
  get spreading(): number {
    const { spread } = this.user.stage.plan
    if (spread === 'all') return 0
    const delay = spread === 'soon' ? Math.min(SOON, this.ttl / 6) : this.ttl / 6
    return 1.01 * delay + 2 * this.lag + 2 * this.way + 1
  }

  /** Acquires for a visitor, and reports to the oracle. `undefined` for an attempt that was refused. */
  async take(
    client: SimulatedProcess,
    resource: string,
    acquire: () => Promise<Lock | null>,
  ): Promise<Holding | undefined> {
    const { oracle, timeline } = this.user.stage
    const invoked = timeline.now
    const floor = oracle.highestToken([resource])
    const lock = await acquire()
    if (lock === null) return undefined
    const resources = [resource]
    const holding = {
      client,
      resources,
      lock,
      owner: lock,
      invoked,
      granted: timeline.now,
      leftToExpire: false,
    }
    oracle.granted(holding, floor)
    return holding
  }
}
