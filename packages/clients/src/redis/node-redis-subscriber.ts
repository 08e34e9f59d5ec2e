import type { WakeObserver } from '@quorumlock/core'
import type { Subscriber } from './link.js'
import type { SubscribingClient } from './node-redis-clients.js'
import { Subscriptions } from './subscriptions.js'

/** A connection of our own beside the user's, so that it may swallow its errors: it is back, or it is silent. */
export class NodeRedisSubscriber implements Subscriber {
  readonly #client: SubscribingClient
  readonly #subscriptions = new Subscriptions()
  readonly #open = new Map<string, Promise<void>>()
  #connected: boolean | 'soon' = false
  #closed = false

  constructor(client: SubscribingClient) {
    this.#client = client
    client.on('error', () => undefined)
    for (const event of ['ready', 'node-ready']) client.on(event, () => this.#listen())
    this.#connect()
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    this.#subscriptions.add(channel, observer)
    if (this.#connected === false) this.#connect()
    else if (this.#connected === true) this.#listenOn(channel)
    return () => {
      if (!this.#subscriptions.remove(channel, observer) || this.#closed) return
      this.#open.delete(channel)
      this.#client.unsubscribe(channel).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.#client.destroy()
    } catch {
      // It was not even open.
    }
  }

  /** A single client goes on trying by itself; a cluster that finds no server at first gives up. */
  #connect(): void {
    this.#connected = 'soon'
    this.#client.connect().then(
      () => {
        this.#connected = true
        // It must not keep a process alive that is done.
        this.#client.unref?.()
        // Most clients have announced it by now with `ready`.
        for (const channel of this.#subscriptions.channels) {
          if (!this.#open.has(channel)) this.#listenOn(channel)
        }
      },
      () => {
        this.#connected = false
      },
    )
  }

  /** After each connection: what was subscribed is so again, and may have missed something. */
  #listen(): void {
    if (this.#closed) return
    for (const channel of this.#subscriptions.channels) this.#listenOn(channel)
  }

  #listenOn(channel: string): void {
    let open = this.#open.get(channel)
    if (open === undefined) {
      open = this.#client.subscribe(channel, (message) => {
        this.#subscriptions.message(channel, message)
      })
      this.#open.set(channel, open)
    }
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
