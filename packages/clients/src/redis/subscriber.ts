import type { WakeObserver } from '@quorumlock/core'
import type { Subscriber } from './link.js'
import { Subscriptions } from './subscriptions.js'

/** A connection for subscriptions only, as the file of each Redis client provides it. Its errors are ignored. */
export interface SubscribingConnection {
  /** Whether the client itself renews its subscriptions after a reconnect, with their listeners. */
  readonly restores: boolean
  /** Rejects only when the client does not keep trying on its own. */
  connect(): Promise<unknown>
  /** Rejects when it cannot subscribe now. */
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  close(): unknown
  /** Calls the listener after each connect and reconnect, as far as the client reports them. */
  onReady(listener: () => void): void
}

/** The subscriptions of one node, which survive reconnects. While the connection is down, no messages arrive. */
export class ReconnectingSubscriber implements Subscriber {
  readonly #connection: SubscribingConnection
  readonly #subscriptions = new Subscriptions()
  readonly #open = new Map<string, Promise<unknown>>()
  #state: 'idle' | 'connecting' | 'connected' = 'idle'
  #closed = false

  constructor(connection: SubscribingConnection) {
    this.#connection = connection
    connection.onReady(() => {
      this.#listenOnAll()
    })
    this.#connect()
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    this.#subscriptions.add(channel, observer)
    if (this.#state === 'idle') this.#connect()
    else if (this.#state === 'connected') this.#listenOn(channel)
    return () => {
      if (!this.#subscriptions.remove(channel, observer) || this.#closed) return
      this.#open.delete(channel)
      this.#connection.unsubscribe(channel).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.#connection.close()
    } catch {
      // It was never open.
    }
  }

  #connect(): void {
    this.#state = 'connecting'
    this.#connection.connect().then(
      () => {
        this.#state = 'connected'
        // Most clients have reported the connection by now, so these channels are open.
        for (const channel of this.#subscriptions.channels) {
          if (!this.#open.has(channel)) this.#listenOn(channel)
        }
      },
      () => {
        this.#state = 'idle'
      },
    )
  }

  /** After a reconnect every channel is announced as live again, because messages may have been missed. */
  #listenOnAll(): void {
    if (this.#closed) return
    for (const channel of this.#subscriptions.channels) this.#listenOn(channel)
  }

  #listenOn(channel: string): void {
    // Where the client restores the listener, a second one would receive each message twice.
    const restored = this.#connection.restores ? this.#open.get(channel) : undefined
    const open =
      restored ??
      this.#connection.subscribe(channel, (text) => {
        this.#subscriptions.message(channel, text)
      })
    this.#open.set(channel, open)
    open.then(
      () => {
        this.#subscriptions.live(channel)
      },
      () => {
        if (this.#open.get(channel) === open) this.#open.delete(channel)
      },
    )
  }
}
