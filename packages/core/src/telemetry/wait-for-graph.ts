import { AsyncLocalStorage } from 'node:async_hooks'

/** A function that runs under a lock, including everything that it awaits. */
export interface Task {
  readonly parent: Task | undefined
  readonly keys: readonly string[]
  readonly name: string
}

/** A pending acquisition and the task that waits for it. */
export interface Wait {
  readonly task: Task
  readonly keys: readonly string[]
  /** Names for messages, in the order of the keys. */
  readonly resources: readonly string[]
}

export interface Link {
  readonly waiter: Task
  readonly resource: string
  /** The task that holds the resource. */
  readonly holder: Task
}

/**
 * Which tasks of this process wait for which others. A task is a function that runs inside `using` or `tryUsing`. The
 * asynchronous context of a wait determines its task. Shared by all clients that detect cycles.
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

  /** Records that a task waits, until `end`. Returns the chain that leads back to the task, if there is one. */
  begin(wait: Wait): readonly Link[] | undefined {
    const chain = this.#chainFrom(wait, wait.task, new Set())
    this.#waits.add(wait)
    return chain
  }

  end(wait: Wait): void {
    this.#waits.delete(wait)
  }

  /** A task cannot end while anything in it waits. So waiting for a task means waiting for every wait inside it too. */
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

/** Whether a task is `outer`, or runs inside it. */
function isWithin(task: Task, outer: Task): boolean {
  for (let at: Task | undefined = task; at !== undefined; at = at.parent) if (at === outer) return true
  return false
}

let shared: WaitForGraph | undefined

/** Created for the first client that needs it, because tracking asynchronous contexts slows every promise a little. */
export function sharedGraph(): WaitForGraph {
  shared ??= new WaitForGraph()
  return shared
}
