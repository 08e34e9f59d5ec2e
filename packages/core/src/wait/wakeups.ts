import type { Handed } from '../node/lock-node.js'
import { numberOf } from '../node/waiter-id.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

/** A call that sleeps until nodes wake it. */
export interface Sleeper {
  /** A node reports that its turn may have come, or that it has given it the lock. */
  woken(member: Member, waiterId?: string, handed?: Handed): void
}

/**
 * One channel per client and one subscription per node, opened on the first contention and kept. However many waiters a
 * client has, a release wakes only the one whose turn it is.
 */
export class Wakeups {
  /** Belongs to this client. */
  readonly channel: string
  readonly #quorum: Quorum
  readonly #sleepers = new Map<number, Sleeper>()
  readonly #subscribed = new Set<Member>()
  #unsubscribe: (() => void)[] | undefined
  #count = 0

  constructor(quorum: Quorum, client: string) {
    this.#quorum = quorum
    this.channel = `quorumlock:wake:${client}`
  }

  get size(): number {
    return this.#sleepers.size
  }

  /** Number of reachable nodes with an active subscription. */
  get listening(): number {
    let listening = 0
    for (const member of this.#subscribed) if (member.isReachable) listening++
    return listening
  }

  /** Enough nodes can wake this client: when a quorum of nodes becomes free it learns of it. */
  get hearsQuorum(): boolean {
    return this.#quorum.isQuorum(this.listening)
  }

  /** For a new waiter of this client. */
  nextNumber(): number {
    return ++this.#count
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
    this.#subscribed.clear()
  }

  #listenTo(member: Member): (() => void) | undefined {
    return member.node.subscribe?.(this.channel, {
      live: () => {
        this.#subscribed.add(member)
        // Messages from before were missed, so every waiter checks again.
        for (const sleeper of [...this.#sleepers.values()]) sleeper.woken(member)
      },
      message: (waiterId, handed) => {
        this.#sleepers.get(numberOf(waiterId))?.woken(member, waiterId, handed)
      },
    })
  }
}
