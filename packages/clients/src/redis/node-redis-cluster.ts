import type { RedisLink } from './link.js'
import { chosenName } from './name.js'
import type { NodeRedisCluster } from './node-redis-clients.js'
import { nodeRedisSubscriber } from './node-redis-subscriber.js'
import { watchConnection } from './watch.js'

/** A node-redis cluster is one node. The server that has the slot answers for it. */
export function linkToNodeRedisCluster(
  client: NodeRedisCluster,
  name: string | undefined,
  plain: object,
): RedisLink {
  const isUp = (slot: number): boolean => {
    const { master } = (client.slots[slot] ?? {}) as { master?: { client?: { isReady?: boolean } } }
    // A client that has not been needed yet connects on its first use.
    return master?.client?.isReady ?? true
  }
  const isReady = (slot?: number): boolean => client.isOpen && (slot === undefined || isUp(slot))
  const events = { made: ['connect'], lost: ['disconnect'] }
  return {
    name: chosenName(name, 'cluster'),
    lacks: ['marker', 'list'],
    isCluster: true,
    isReady,
    send: (args, key) => client.sendCommand(key, false, args, plain),
    watch: (observer) => watchConnection(client, isReady, events, observer),
    openSubscriber: () => nodeRedisSubscriber(client.duplicate()),
  }
}
