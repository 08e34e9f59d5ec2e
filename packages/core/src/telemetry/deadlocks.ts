import { shown, shownResources } from '../check.js'
import { DeadlockError } from '../errors.js'
import type { LockRequest } from '../lease.js'
import type { Logger } from '../options.js'
import { sharedGraph, type Link, type Wait, type WaitForGraph } from './wait-for-graph.js'

/** Detects deadlocks among the locks of this client and those of other clients of this process on the same nodes. */
export class Deadlocks {
  readonly #graph: WaitForGraph = sharedGraph()
  readonly #space: string

  constructor(
    nodes: readonly string[],
    readonly onCycle: 'warn' | 'reject',
    readonly logger: Logger,
  ) {
    this.#space = [...nodes].sort().join(' ')
  }

  /** Runs the function of `using` as a task that holds the lock. */
  hold<T>({ keys, resources, options }: LockRequest, fn: () => T | Promise<T>): Promise<T> {
    const name = options.label ?? `the holder of ${shownResources(resources)}`
    return this.#graph.hold(this.#own(keys), name, fn)
  }

  /** Runs work that may wait for a lock. With `reject`, throws instead if the wait would never end. */
  async wait<T>({ keys, resources, options }: LockRequest, work: () => Promise<T>): Promise<T> {
    const task = this.#graph.current
    // A caller that holds nothing cannot be part of a cycle, because no task waits for it.
    if (task === undefined || options.wait === 0) return work()
    const wait: Wait = { task, keys: this.#own(keys), resources }
    const chain = this.#graph.begin(wait)
    try {
      if (chain !== undefined) this.#report(chain, resources)
      return await work()
    } finally {
      this.#graph.end(wait)
    }
  }

  #report(links: readonly Link[], resources: readonly string[]): void {
    const chain = links.map(
      ({ waiter, resource, holder }) => `${waiter.name} waits for ${shown(resource)}, held by ${holder.name}`,
    )
    const message = `a deadlock within this process: ${chain.join('; ')}`
    if (this.onCycle === 'reject') {
      throw new DeadlockError(
        `Cannot acquire ${shownResources(resources)}: this would be ${message}. Acquire all of them in one acquire(), or always in the same order`,
        chain,
        { resources },
      )
    }
    this.logger.warn({ resources, chain }, message)
  }

  #own(keys: readonly string[]): readonly string[] {
    return keys.map((key) => `${this.#space} ${key}`)
  }
}
