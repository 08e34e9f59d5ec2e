import type { Ability, ConnectionObserver, WakeObserver } from '@quorumlock/core'

/** What a Redis client has to be able to do for a lock node; each adapter makes one. */
export interface RedisLink {
  readonly name: string
  readonly lacks?: readonly Ability[] | undefined
  /** The keys of one command have to lie in one slot. */
  readonly isCluster: boolean
  /** Whether a command sent now would leave at once; on a cluster, one for this slot. */
  isReady(slot?: number): boolean
  /** Sends one command as it is, in order. `key` is any key of it, for clients that have to find its server. */
  send(args: string[], key: string | undefined): Promise<unknown>
  watch(observer: ConnectionObserver): () => void
  /** Opens a connection of its own for subscriptions. */
  openSubscriber(): Subscriber
  /** Ends the connection, where it is ours. */
  close?(): void
}

/** A connection that listens. It reconnects by itself and never fails, it is at most silent. */
export interface Subscriber {
  subscribe(channel: string, observer: WakeObserver): () => void
  close(): void | Promise<void>
}
