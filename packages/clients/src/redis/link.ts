import type { Ability, ConnectionObserver, WakeObserver } from '@quorumlock/core'

/** What a lock node needs from a Redis client. Each adapter provides one. */
export interface RedisLink {
  readonly name: string
  readonly lacks?: readonly Ability[] | undefined
  /** Whether all keys of one command must be in one slot. */
  readonly isCluster: boolean
  /** Whether a command would be sent immediately; on a cluster, a command for this slot. */
  isReady(slot?: number): boolean
  /** Sends one command unchanged and in order. `key` is any of its keys, for clients that must find the server. */
  send(args: string[], key: string | undefined): Promise<unknown>
  watch(observer: ConnectionObserver): () => void
  /** Opens a separate connection for subscriptions. */
  openSubscriber(): Subscriber
  /** Closes the connection, if it does not belong to the user. */
  close?(): void
}

/** A connection for subscriptions. It reconnects automatically and never fails; at worst no messages arrive. */
export interface Subscriber {
  subscribe(channel: string, observer: WakeObserver): () => void
  close(): void | Promise<void>
}
