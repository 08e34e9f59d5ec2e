import type { LockNode } from '@quorumlock/core'
import type { RedisLink } from './link.js'
import { chosenName } from './name.js'
import { linkToNodeRedisCluster } from './node-redis-cluster.js'
import type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from './node-redis-clients.js'
import { borrowed, nodeRedisSubscriber } from './node-redis-subscriber.js'
import { reconnectDelay } from './reconnect.js'
import { ScriptNode, type ScriptNodeOptions } from './script-node.js'
import { watchConnection } from './watch.js'

export interface RedisNodeOptions extends ScriptNodeOptions {
  /** Shown in votes, errors and `health()`; unique in a quorum. Default: host and port. */
  readonly name?: string | undefined
}

/**
 * Turns a node-redis client, connected now or later, into a lock node. The client remains yours: it is neither
 * reconfigured nor closed, and no `error` listener is added to it.
 */
export function nodeRedisNode(
  client: NodeRedisClient | NodeRedisSentinel | NodeRedisCluster,
  options: RedisNodeOptions = {},
): LockNode {
  const given = client as unknown
  if (typeof given !== 'object' || given === null || !('sendCommand' in given)) {
    throw new TypeError('Expected `client` to be what createClient, createSentinel or createCluster returned')
  }
  if ('call' in given && 'status' in given) {
    throw new TypeError(
      'Expected `client` to be a node-redis client, got an ioredis client: use ioredisNode(client)',
    )
  }
  if ('totalClients' in given) {
    throw new TypeError(
      'Expected `client` to be one connection, got a pool, but the commands of a lock must stay in order',
    )
  }
  return new ScriptNode(linkToNodeRedis(client, options.name), options)
}

/** No timer per command, which costs several times as much as the command itself, and replies in plain types. */
const PLAIN = { timeout: undefined, typeMapping: undefined }

export function linkToNodeRedis(
  client: NodeRedisClient | NodeRedisSentinel | NodeRedisCluster,
  name: string | undefined,
): RedisLink {
  if ('slots' in client) return linkToNodeRedisCluster(client, name, PLAIN)
  const isReady = (): boolean => client.isReady
  if ('getMasterNode' in client) {
    const isMaster = (event: unknown): boolean => (event as { type?: unknown }).type === 'MASTER'
    const isOther = (event: unknown): boolean => (event as { type?: unknown }).type === 'MASTER_CHANGE'
    const moved = { 'client-error': isMaster, 'topology-change': isOther }
    const events = { made: ['ready'], lost: ['reconnecting', 'end'], moved }
    return {
      name: chosenName(name, 'sentinel'),
      isCluster: false,
      isReady,
      send: (args) => client.sendCommand(false, args, PLAIN),
      watch: (observer) => watchConnection(client, isReady, events, observer),
      openSubscriber: () => nodeRedisSubscriber(client.duplicate?.() ?? borrowed(client)),
    }
  }
  // Set once, because options passed with a command are merged with the client's every time.
  const plain = client.withCommandOptions(PLAIN)
  const { socket = {} } = (client.options ?? {}) as { socket?: object }
  const events = { made: ['ready'], lost: ['reconnecting', 'terminated', 'end'] }
  const overrides = { socket: { ...socket, reconnectStrategy: reconnectDelay }, clientSideCache: undefined }
  return {
    name: chosenName(name, socket, 'localhost:6379'),
    isCluster: false,
    isReady,
    send: (args) => plain.sendCommand(args),
    watch: (observer) => watchConnection(client, isReady, events, observer),
    openSubscriber: () => nodeRedisSubscriber(client.duplicate(overrides)),
  }
}
