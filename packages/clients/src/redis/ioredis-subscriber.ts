import type { WakeObserver } from '@quorumlock/core'
import type { Subscriber } from './link.js'
import { Subscriptions } from './subscriptions.js'

/** The part of an ioredis client that listens. */
export interface SubscribingIoredis {
  readonly status: string
  connect(): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  disconnect(reconnect?: boolean): void
  on(event: string, listener: (channel: string, text: string) => void): unknown
}

/** A connection of our own beside the user's, so that it may swallow its errors: it is back, or it is silent. */
export class IoredisSubscriber implements Subscriber {
  readonly #client: SubscribingIoredis
  readonly #subscriptions = new Subscriptions()

  constructor(client: SubscribingIoredis) {
    this.#client = client
    client.on('error', () => undefined)
    client.on('ready', () => {
      // What was subscribed before is so again, and may have missed something.
      for (const channel of this.#subscriptions.channels) this.#listenOn(channel)
    })
    client.on('message', (channel, text) => {
      this.#subscriptions.message(channel, text)
    })
    client.connect().catch(() => undefined)
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    this.#subscriptions.add(channel, observer)
    if (this.#client.status === 'ready') this.#listenOn(channel)
    return () => {
      if (!this.#subscriptions.remove(channel, observer)) return
      this.#client.unsubscribe(channel).catch(() => undefined)
    }
  }

  close(): void {
    this.#client.disconnect(false)
  }

  #listenOn(channel: string): void {
    this.#client.subscribe(channel).then(
      () => {
        this.#subscriptions.live(channel)
      },
      () => undefined,
    )
  }
}
