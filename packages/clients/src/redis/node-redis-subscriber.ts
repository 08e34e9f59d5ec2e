import type { Subscriber } from './link.js'
import type { NodeRedisSentinel, SubscribingClient } from './node-redis-clients.js'
import { ReconnectingSubscriber } from './subscriber.js'

/** Takes over a client that nothing else uses. */
export function nodeRedisSubscriber(client: SubscribingClient): Subscriber {
  client.on('error', () => undefined)
  return new ReconnectingSubscriber({
    restores: true,
    // A single client keeps trying on its own; a cluster whose servers are all down at first gives up.
    connect: async () => {
      await client.connect()
      // It must not keep alive a process that is done.
      client.unref?.()
    },
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    unsubscribe: (channel) => client.unsubscribe(channel),
    close: () => client.destroy(),
    onReady(listener) {
      for (const event of ['ready', 'node-ready']) client.on(event, listener)
    },
  })
}

/** A sentinel client has a separate connection for subscriptions. It belongs to the user, so it is never closed here. */
export function borrowed(client: NodeRedisSentinel): SubscribingClient {
  return {
    connect: () => Promise.resolve(),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    unsubscribe: (channel) => client.unsubscribe(channel),
    destroy: () => undefined,
    on: () => undefined,
  }
}
