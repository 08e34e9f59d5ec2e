import { shownResources } from '../check.js'
import { LockClosedError } from '../errors.js'

/** The waits of one client. `close()` ends them, and from then on the client accepts no more calls. */
export class Waits {
  readonly #open = new Set<{ interrupt(): void }>()
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  add(wait: { interrupt(): void }): void {
    this.#open.add(wait)
  }

  delete(wait: { interrupt(): void }): void {
    this.#open.delete(wait)
  }

  assertOpen(resources: readonly string[]): void {
    if (!this.#closed) return
    throw new LockClosedError(
      `Cannot acquire ${shownResources(resources)}: this Redlock is closed. Create a new one, or close it after its last use`,
      { resources },
    )
  }

  close(): void {
    this.#closed = true
    for (const wait of [...this.#open]) wait.interrupt()
  }
}
