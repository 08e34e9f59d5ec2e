import { AsyncLocalStorage } from 'node:async_hooks'

/** A function that runs under a lock, in whatever it awaits. */
export interface Task {
  readonly parent: Task | undefined
  readonly keys: readonly string[]
  readonly name: string
}

/** What waits for locks, and in which task. */
export interface Wait {
  readonly task: Task
  readonly keys: readonly string[]
  /** For messages, in the order of the keys. */
  readonly resources: readonly string[]
}

export interface Link {
  /** The one that waits. */
  readonly waiter: Task
  readonly resource: string
  /** The one that has it. */
  readonly holder: Task
}

/**
 * Who waits for whom within this process. A task is what runs inside `using` or `tryUsing`; which task a wait belongs
 * to is known from its asynchronous context. Shared by all clients that look for cycles.
 */
export class WaitForGraph {
  readonly #current = new AsyncLocalStorage<Task>()
  readonly #holders = new Map<string, Task>()
  readonly #waits = new Set<Wait>()

  get current(): Task | undefined {
    return this.#current.getStore()
  }

  /** Runs `fn` as a task that holds the keys. */
  async hold<T>(keys: readonly string[], name: string, fn: () => T | Promise<T>): Promise<T> {
    const task: Task = { parent: this.current, keys, name }
    for (const key of keys) this.#holders.set(key, task)
    try {
      return await this.#current.run(task, fn)
    } finally {
      for (const key of keys) if (this.#holders.get(key) === task) this.#holders.delete(key)
    }
  }

  /** Notes that a task waits; the chain that leads back to it, if there is one. Ended by `end`. */
  begin(wait: Wait): readonly Link[] | undefined {
    const chain = this.#chainFrom(wait, wait.task, new Set())
    this.#waits.add(wait)
    return chain
  }

  end(wait: Wait): void {
    this.#waits.delete(wait)
  }

  /** A task cannot end while something in it waits, so whoever waits for the task waits for that too. */
  #chainFrom(wait: Wait, origin: Task, seen: Set<Task>): readonly Link[] | undefined {
    for (const [index, key] of wait.keys.entries()) {
      const holder = this.#holders.get(key)
      if (holder === undefined || seen.has(holder)) continue
      seen.add(holder)
      const link: Link = { waiter: wait.task, resource: wait.resources[index] as string, holder }
      if (isWithin(origin, holder)) return [link]
      for (const other of this.#waits) {
        if (!isWithin(other.task, holder)) continue
        const rest = this.#chainFrom(other, origin, seen)
        if (rest !== undefined) return [link, ...rest]
      }
    }
    return undefined
  }
}

/** Whether a task is another one, or runs inside it. */
function isWithin(task: Task, outer: Task): boolean {
  for (let at: Task | undefined = task; at !== undefined; at = at.parent) if (at === outer) return true
  return false
}

let shared: WaitForGraph | undefined

/** Made for the first client that asks: following asynchronous contexts makes every promise a little slower. */
export function sharedGraph(): WaitForGraph {
  shared ??= new WaitForGraph()
  return shared
}
