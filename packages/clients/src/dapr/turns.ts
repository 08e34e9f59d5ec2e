/** Runs tasks with the same name one after another. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** `task` must not reject. */
  take<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    const result = before === undefined ? task() : before.then(task)
    this.#last.set(name, result)
    void result.then(() => {
      if (this.#last.get(name) === result) this.#last.delete(name)
    })
    return result
  }
}
