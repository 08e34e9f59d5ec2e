import type { WorkerEvent } from './events.js'

interface Section {
  readonly worker: string
  readonly resource: string
  readonly token: bigint
  readonly from: number
  to: number
}

/** Keeps the books: who was inside when, with which token, and what that says about the lock. */
export class Score {
  readonly #open = new Map<string, Section[]>()
  readonly #closed: Section[] = []
  readonly #wrote = new Map<string, number[]>()
  readonly #waits: number[] = []
  failures = 0
  losses = 0
  crashes = 0

  note(worker: string, event: WorkerEvent): void {
    if (event.kind === 'entered') {
      this.#waits.push(event.waited)
      const token = BigInt(event.token)
      const open = event.resources.map((resource) => ({
        worker,
        resource,
        token,
        from: event.at,
        to: Infinity,
      }))
      this.#open.set(worker, open)
    } else if (event.kind === 'left') {
      this.#close(worker, event.at)
      if (event.outcome === 'lost') this.losses++
      event.wrote.forEach((value, index) => {
        const resource = event.resources[index]!
        this.#wrote.set(resource, [...(this.#wrote.get(resource) ?? []), value])
      })
    } else if (event.kind === 'failed') this.failures++
  }

  /** Whatever it was doing ends here. */
  crashed(worker: string, at: number): void {
    this.crashes++
    this.#close(worker, at)
  }

  get sections(): number {
    return this.#closed.length
  }

  get longestWait(): number {
    return Math.max(0, ...this.#waits)
  }

  get medianWait(): number {
    return [...this.#waits].sort((a, b) => a - b)[Math.floor(this.#waits.length / 2)] ?? 0
  }

  /** Two workers inside at once: must be none. */
  get overlaps(): number {
    let count = 0
    this.#inOrder((before, section) => {
      if (section.from < before.to) count++
    })
    return count
  }

  /** Tokens that are not higher than the one before: must be none. */
  get disorder(): number {
    let count = 0
    this.#inOrder((before, section) => {
      if (section.token <= before.token) count++
    })
    return count
  }

  /** Two sections that wrote the same value, since one did not see the other's: must be none. */
  get lostUpdates(): number {
    let count = 0
    for (const values of this.#wrote.values()) count += values.length - new Set(values).size
    return count
  }

  get holds(): boolean {
    return this.overlaps + this.disorder + this.lostUpdates === 0
  }

  get timeline(): readonly Readonly<Section>[] {
    return this.#closed
  }

  #close(worker: string, at: number): void {
    for (const section of this.#open.get(worker) ?? []) {
      section.to = at
      this.#closed.push(section)
    }
    this.#open.delete(worker)
  }

  #inOrder(compare: (before: Section, section: Section) => void): void {
    const last = new Map<string, Section>()
    for (const section of [...this.#closed].sort((a, b) => a.from - b.from)) {
      const before = last.get(section.resource)
      if (before !== undefined) compare(before, section)
      last.set(section.resource, section)
    }
  }
}
