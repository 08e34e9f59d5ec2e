import { describe, expect, test } from '@jest/globals'
import type { LockNode, NodeReply } from '@quorumlock/core'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import {
  createClient as createClient5,
  createCluster as createCluster5,
  createSentinel as createSentinel5,
} from 'redis5'

const url = 'redis://user:secret@eu-1.example:6380'
const sentinels = { name: 'mymaster', sentinelRootNodes: [{ host: 'sentinel', port: 26379 }] }
const cluster = { rootNodes: [{ url }] }
const lazy = { lazyConnect: true }

/** None of them ever connects. That they compile shows that the structural types fit. */
const nodes: readonly (readonly [string, () => LockNode])[] = [
  ['node-redis 6', () => nodeRedisNode(createClient({ url }))],
  ['node-redis 6 over RESP2', () => nodeRedisNode(createClient({ url, RESP: 2 }))],
  ['node-redis 5', () => nodeRedisNode(createClient5({ url }))],
  ['a sentinel group over node-redis 6', () => nodeRedisNode(createSentinel(sentinels))],
  ['a sentinel group over node-redis 5', () => nodeRedisNode(createSentinel5(sentinels))],
  ['a cluster over node-redis 6', () => nodeRedisNode(createCluster(cluster))],
  ['a cluster over node-redis 5', () => nodeRedisNode(createCluster5(cluster))],
  ['ioredis 6', () => ioredisNode(new Redis(url, lazy))],
  ['ioredis 5', () => ioredisNode(new Redis5(url, lazy))],
  [
    'a sentinel group over ioredis',
    () => ioredisNode(new Redis({ ...lazy, name: 'mymaster', sentinels: [{ host: 'sentinel' }] })),
  ],
  ['a cluster over ioredis 6', () => ioredisNode(new Cluster([{ host: 'eu-1.example' }], lazy))],
  ['a cluster over ioredis 5', () => ioredisNode(new Cluster5([{ host: 'eu-1.example' }], lazy))],
]

describe.each(nodes)('%s', (_name, make) => {
  test('a node without a connection votes that nothing was sent', async () => {
    const node = make()
    expect(node.connected).toBe(false)
    const reply = await new Promise<NodeReply>((resolve) => {
      node.send({ kind: 'acquire', keys: ['k'], value: 'v', ttl: 1_000, queue: 'ignore' }, resolve)
    })
    expect(reply).toEqual({ vote: 'failed', reason: 'not connected' })
    await node.close?.()
  })

  test('a node has a name without credentials', () => {
    const { name } = make()
    expect(name).not.toBe('')
    expect(name).not.toContain('secret')
  })
})

describe('the name of a node', () => {
  test('the name of a node is host and port by default', () => {
    expect(nodeRedisNode(createClient({ url })).name).toBe('eu-1.example:6380')
    expect(ioredisNode(new Redis(url, lazy)).name).toBe('eu-1.example:6380')
    expect(nodeRedisNode(createClient()).name).toBe('localhost:6379')
    expect(nodeRedisNode(createClient({ url }), { name: 'paris' }).name).toBe('paris')
    expect(ioredisNode(new Redis({ ...lazy, path: '/run/redis.sock' })).name).toBe('/run/redis.sock')
  })

  test('an empty name is rejected', () => {
    expect(() => nodeRedisNode(createClient(), { name: '' })).toThrow('`name`')
  })
})

describe('the client of the user', () => {
  test('a node adds no error listener to the client, because the owner decides what an error means to the process', () => {
    const client = createClient({ url })
    nodeRedisNode(client)
    expect(client.listenerCount('error')).toBe(0)
  })

  test('closing a node removes its listeners from the client', async () => {
    const client = createClient({ url })
    const before = client.eventNames()
    const node = nodeRedisNode(client)
    expect(client.eventNames()).not.toEqual(before)
    await node.close?.()
    expect(client.eventNames()).toEqual(before)
  })

  test('a pool is rejected, because its connections overtake each other', () => {
    expect(() => nodeRedisNode(createClientPool({ url }) as never)).toThrow(/pool/)
  })

  test('an ioredis cluster with a key prefix is rejected, because the prefix would move keys to other slots', () => {
    expect(() => ioredisNode(new Cluster([{ host: 'h' }], { ...lazy, keyPrefix: 'p:' }))).toThrow(/keyPrefix/)
  })

  test('a value that is not a client is rejected', () => {
    expect(() => nodeRedisNode({} as never)).toThrow(TypeError)
    expect(() => nodeRedisNode(undefined as never)).toThrow(TypeError)
    expect(() => ioredisNode(createClient() as never)).toThrow(TypeError)
  })
})

test('the error for a client of the other library names the right function', () => {
  const ofIoredis = { call: () => undefined, sendCommand: () => undefined, status: 'ready', options: {} }
  expect(() => nodeRedisNode(ofIoredis as never)).toThrow('use ioredisNode(client)')
  expect(() => ioredisNode({ sendCommand: () => undefined } as never)).toThrow('use nodeRedisNode(client)')
})
