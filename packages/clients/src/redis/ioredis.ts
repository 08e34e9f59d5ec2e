import type { LockNode } from '@quorumlock/core'
import { ioredisSubscriber, type SubscribingIoredis } from './ioredis-subscriber.js'
import type { RedisLink } from './link.js'
import { chosenName } from './name.js'
import type { RedisNodeOptions } from './node-redis.js'
import { reconnectDelay } from './reconnect.js'
import { ScriptNode } from './script-node.js'
import { watchConnection, type Events } from './watch.js'

/** What `new Redis()` of ioredis 5 or 6 returns, with or without sentinels. */
export interface IoredisClient extends Events {
  readonly status: string
  readonly options: object
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(overrides?: object): SubscribingIoredis
}

/** What `new Cluster()` returns. The cluster is one node. */
export interface IoredisCluster extends Events {
  readonly status: string
  readonly options: object
  readonly isCluster: boolean
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(startupNodes?: never[], overrides?: object): SubscribingIoredis
}

/**
 * Turns an ioredis client into a lock node. The client remains yours and is neither reconfigured nor closed. If it has
 * a `keyPrefix`, that is prepended to the prefix of the locks.
 */
export function ioredisNode(
  client: IoredisClient | IoredisCluster,
  options: RedisNodeOptions = {},
): LockNode {
  const given = client as unknown
  if (typeof given !== 'object' || given === null || !('call' in given) || !('status' in given)) {
    const other = typeof given === 'object' && given !== null && 'sendCommand' in given
    const remedy = other ? ', got a node-redis client: use nodeRedisNode(client)' : ''
    throw new TypeError(`Expected \`client\` to be a Redis or Cluster instance of ioredis${remedy}`)
  }
  return new ScriptNode(linkTo(client, options.name), options)
}

/** For a connection that sends only SUBSCRIBE and UNSUBSCRIBE, has no keys, and never gives up. */
const SUBSCRIBING = {
  autoResubscribe: false,
  enableOfflineQueue: true,
  keyPrefix: '',
  lazyConnect: true,
  maxRetriesPerRequest: null,
  retryStrategy: reconnectDelay,
}

function linkTo(client: IoredisClient | IoredisCluster, name: string | undefined): RedisLink {
  const isReady = (): boolean => client.status === 'ready'
  const events = { made: ['ready'], lost: ['close', 'reconnecting', 'end'] }
  const base = {
    isReady,
    send: ([command, ...args]: string[]) => client.call(command as string, ...args),
    watch: (observer: Parameters<RedisLink['watch']>[0]) =>
      watchConnection(client, isReady, events, observer),
  }
  if (isClusterClient(client)) {
    const { keyPrefix } = client.options as { keyPrefix?: string }
    if (keyPrefix !== undefined && keyPrefix !== '') {
      throw new TypeError(
        'Expected a Cluster without `keyPrefix`, which would move keys to other slots. Use the `keyPrefix` of Redlock',
      )
    }
    return {
      ...base,
      name: chosenName(name, 'cluster'),
      lacks: ['marker', 'list'],
      isCluster: true,
      openSubscriber: () =>
        ioredisSubscriber(client.duplicate([], { lazyConnect: true, clusterRetryStrategy: reconnectDelay })),
    }
  }
  const { sentinels, name: group } = client.options as { sentinels?: unknown; name?: string }
  return {
    ...base,
    name: chosenName(name, Array.isArray(sentinels) ? group : client.options),
    isCluster: false,
    openSubscriber: () => ioredisSubscriber(client.duplicate(SUBSCRIBING)),
  }
}

function isClusterClient(client: IoredisClient | IoredisCluster): client is IoredisCluster {
  return 'isCluster' in client && client.isCluster
}
