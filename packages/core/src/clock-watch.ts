import type { Appointment } from './agenda.js'
import type { Quorum } from './quorum/quorum.js'

/** How often the wall clock is compared with the monotonic one while anything is held, milliseconds. */
const OWN_CLOCK_EVERY = 1_000
/** How often the nodes are asked, meanwhile, whether they have kept their data: after so many looks at the own clock. */
const NODES_EVERY = 2
/** How often the clocks of the nodes are read within the TTL of a lock that is not renewed. */
const READINGS_PER_TTL = 6
const SHORTEST_PAUSE = 50

export interface ClockWatcher {
  /** Number of leases that are held. */
  readonly size: number
  /** Compares all leases with the clocks of this machine. */
  checkAll(): void
  /** Has the nodes asked whether they have kept their data. */
  examineNodes(): void
  /** The TTLs of the leases that are not renewed. */
  unrenewed(): Iterable<number>
}

/** Reads the clocks on which the leases of a client depend, in time to notice a step, and looks at the nodes themselves. */
export class ClockWatch {
  readonly #quorum: Quorum
  readonly #watcher: ClockWatcher
  #own: Appointment | undefined
  #nodes: Appointment | undefined
  #nodesDue = Infinity
  #looks = 0

  constructor(quorum: Quorum, watcher: ClockWatcher) {
    this.#quorum = quorum
    this.#watcher = watcher
  }

  /** Watches the clocks of this machine while anything is held. Idempotent. */
  start(): void {
    this.#own ??= this.#watchOwn()
  }

  stop(): void {
    this.#own?.cancel()
    this.#own = undefined
    this.#nodes?.cancel()
    this.#nodesDue = Infinity
  }

  /** Renewals report the clocks of the nodes. For a lock that is not renewed the nodes are asked in time. */
  watchNodes(ttl: number): void {
    const { agenda, members, clock } = this.#quorum
    const due = clock.monotonic() + Math.max(SHORTEST_PAUSE, ttl / READINGS_PER_TTL)
    if (this.#nodesDue <= due) return
    this.#nodes?.cancel()
    this.#nodesDue = due
    this.#nodes = agenda.at(due, 'background', () => {
      this.#nodesDue = Infinity
      for (const member of members) member.greet(undefined, () => undefined)
      for (const other of this.#watcher.unrenewed()) this.watchNodes(other)
    })
  }

  /** Timers stop with the machine: after a suspend only the wall clock is right, so it is read regularly. */
  #watchOwn(): Appointment {
    const due = this.#quorum.clock.monotonic() + OWN_CLOCK_EVERY
    return this.#quorum.agenda.at(due, 'background', () => {
      this.#watcher.checkAll()
      if (++this.#looks % NODES_EVERY === 0) this.#watcher.examineNodes()
      this.#own = this.#watcher.size > 0 ? this.#watchOwn() : undefined
    })
  }
}
