import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Redlock, type LockNode } from '@quorumlock/core'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { eventually } from '../support/eventually.js'
import { GROUP, startSentinelGroup, type SentinelGroup } from '../support/sentinel.js'

let group: SentinelGroup
beforeEach(async () => {
  group = await startSentinelGroup()
})
afterEach(() => group.dispose())

interface Opened {
  readonly node: LockNode
  end(): unknown
}

const forNodeRedis = (): { name: string; sentinelRootNodes: { host: string; port: number }[] } => ({
  name: GROUP,
  sentinelRootNodes: [{ host: '127.0.0.1', port: group.port }],
})
const forIoredis = (): { name: string; sentinels: { host: string; port: number }[] } => ({
  name: GROUP,
  sentinels: [{ host: '127.0.0.1', port: group.port }],
})

const clients: readonly (readonly [string, () => Promise<Opened>])[] = [
  [
    'node-redis 6',
    async () => {
      const client = createSentinel(forNodeRedis())
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), end: () => client.destroy() }
    },
  ],
  [
    'node-redis 5',
    async () => {
      const client = createSentinel5(forNodeRedis())
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), end: () => client.destroy() }
    },
  ],
  [
    'ioredis 6',
    async () => {
      const client = new Redis(forIoredis())
      client.on('error', () => undefined)
      await once(client, 'ready')
      return { node: ioredisNode(client), end: () => client.disconnect() }
    },
  ],
  [
    'ioredis 5',
    async () => {
      const client = new Redis5(forIoredis())
      client.on('error', () => undefined)
      await once(client, 'ready')
      return { node: ioredisNode(client), end: () => client.disconnect() }
    },
  ],
]

describe.each(clients)('a sentinel group over %s', (_name, make) => {
  test('a sentinel group does not vote after a failover for the longest TTL, and then continues', async () => {
    const { node, end } = await make()
    const redlock = new Redlock({ nodes: [node], ttl: 3_000, autoExtend: false })
    try {
      const before = await redlock.acquire('order:1')
      await expect(redlock.tryAcquire('order:1')).resolves.toBeNull()
      await expect(before.release()).resolves.toBe('released')

      const since = performance.now()
      await group.failOver()
      // The new master has another identity.
      await eventually(async () => {
        await expect(redlock.tryAcquire('order:1')).rejects.toThrow()
        expect(redlock.health()[0]?.state).toBe('quarantined')
      })
      const after = await redlock.acquire('order:1', { wait: 20_000 })
      expect(performance.now() - since).toBeGreaterThan(3_000)
      await expect(after.release()).resolves.toBe('released')
    } finally {
      await redlock.close()
      await end()
    }
  })
})
