import type { Handed } from '../node/lock-node.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

/** One that waits for word from the nodes. */
export interface Sleeper {
  /** A node says that its turn may have come, or that it has given it the lock. */
  woken(member: Member, waiterId?: string, handed?: Handed): void
}

/**
 * One channel per client and one subscription per node, opened on the first contention and kept: however many
 * waiters a client has, a release wakes just the one whose turn it is.
 */
export class Wakeups {
  readonly #quorum: Quorum
  readonly #channel: string
  readonly #sleepers = new Map<number, Sleeper>()
  readonly #live = new Set<Member>()
  #unsubscribe: (() => void)[] | undefined
  #count = 0

  constructor(quorum: Quorum, client: string) {
    this.#quorum = quorum
    this.#channel = `quorumlock:wake:${client}`
  }

  get size(): number {
    return this.#sleepers.size
  }

  /** Nodes of which we would hear: their subscription stood when they were last connected, and they are not silent. */
  get live(): number {
    let live = 0
    for (const member of this.#live) if (member.isReachable) live++
    return live
  }

  /** So many nodes can tell us that a quorum of them may. */
  get hears(): boolean {
    return this.#quorum.isQuorum(this.live)
  }

  /** For a new waiter of this client. */
  nextNumber(): number {
    return ++this.#count
  }

  /** What the identity of a waiter begins with; anything but a digit may follow. */
  idOf(number: number): string {
    return `${this.#channel}#${number}`
  }

  add(number: number, sleeper: Sleeper): void {
    this.#sleepers.set(number, sleeper)
  }

  remove(number: number): void {
    this.#sleepers.delete(number)
  }

  /** Idempotent. */
  listen(): void {
    this.#unsubscribe ??= this.#quorum.members.flatMap((member) => this.#listenTo(member) ?? [])
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe ?? []) unsubscribe()
    this.#unsubscribe = []
    this.#live.clear()
  }

  #listenTo(member: Member): (() => void) | undefined {
    return member.node.subscribe?.(this.#channel, {
      live: () => {
        this.#live.add(member)
        // What was announced before went unheard: everybody looks for himself.
        for (const sleeper of [...this.#sleepers.values()]) sleeper.woken(member)
      },
      message: (waiterId, handed) => {
        const number = parseInt(waiterId.slice(this.#channel.length + 1), 10)
        this.#sleepers.get(number)?.woken(member, waiterId, handed)
      },
    })
  }
}
