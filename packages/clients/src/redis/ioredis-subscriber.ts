import type { Subscriber } from './link.js'
import { ReconnectingSubscriber } from './subscriber.js'

/** The part of an ioredis client that subscribes. */
export interface SubscribingIoredis {
  readonly status: string
  connect(): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  disconnect(reconnect?: boolean): void
  on(event: string, listener: (channel: string, text: string) => void): unknown
}

/** Takes over a client that nothing else uses. */
export function ioredisSubscriber(client: SubscribingIoredis): Subscriber {
  const listeners = new Map<string, (text: string) => void>()
  client.on('error', () => undefined)
  client.on('message', (channel, text) => listeners.get(channel)?.(text))
  return new ReconnectingSubscriber({
    restores: false,
    // ioredis keeps trying on its own, even after a first attempt that failed.
    connect: () => client.connect().catch(() => undefined),
    subscribe(channel, listener) {
      listeners.set(channel, listener)
      // Offline, ioredis would queue the command and send it in addition to the one that `ready` triggers.
      if (client.status !== 'ready') return Promise.reject(new Error('not connected'))
      return client.subscribe(channel)
    },
    unsubscribe(channel) {
      listeners.delete(channel)
      return client.unsubscribe(channel)
    },
    close: () => {
      client.disconnect(false)
    },
    onReady(listener) {
      client.on('ready', listener)
    },
  })
}
