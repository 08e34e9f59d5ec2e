import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LockMisuseError, Redlock, type LockNode } from '@quorumlock/core'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { lockNodeConformance, type Subject } from '@quorumlock/testing'
import { Cluster } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis5'
import { createCluster } from 'redis'
import { createCluster as createCluster5 } from 'redis5'
import { startCluster, type TestCluster } from '../support/cluster.js'
import { acquire, ask, askAll, open, release, shown } from '../support/servers.js'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.dispose())

const roots = (): { url: string }[] => cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }))
const startup = (): { host: string; port: number }[] =>
  cluster.ports.map((port) => ({ host: '127.0.0.1', port }))

const clients: readonly (readonly [string, () => Promise<Subject>])[] = [
  [
    'a cluster over node-redis 6',
    async () => {
      const client = createCluster({ rootNodes: roots() })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    },
  ],
  [
    'a cluster over node-redis 5',
    async () => {
      const client = createCluster5({ rootNodes: roots() })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    },
  ],
  [
    'a cluster over ioredis 6',
    async () => {
      const client = new Cluster(startup())
      await once(client, 'ready')
      return { node: ioredisNode(client), dispose: () => client.disconnect() }
    },
  ],
  [
    'a cluster over ioredis 5',
    async () => {
      const client = new Cluster5(startup())
      await once(client, 'ready')
      return { node: ioredisNode(client), dispose: () => client.disconnect() }
    },
  ],
]

for (const [name, make] of clients) lockNodeConformance(name, make, { lacks: ['marker', 'list'] })

describe.each(clients)('%s', (_name, make) => {
  let subject: Subject
  let node: LockNode
  beforeAll(async () => {
    subject = await make()
    node = subject.node
  })
  afterAll(async () => {
    await node.close?.()
    await subject.dispose?.()
  })

  test('a cluster node sends each command to the server that has its slot', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `spread:${index}:${Math.random()}`)
    const taken = await askAll(node, ...keys.map((key) => acquire(key)))
    expect(new Set(taken.map(shown))).toEqual(new Set(['granted']))
    const counts = await Promise.all(
      cluster.ports.map(async (port) => {
        const one = await open(`redis://127.0.0.1:${port}`)
        const count = await one.dbSize()
        one.destroy()
        return count
      }),
    )
    expect(counts.every((count) => count > 0)).toBe(true)
    await askAll(node, ...keys.map((key) => release(key)))
  })

  test('a cluster node rejects keys of different slots immediately, with the keys and the remedy', async () => {
    const redlock = new Redlock({ nodes: [node] })
    const failure = await redlock.acquire(['order:1', 'order:2']).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LockMisuseError)
    expect((failure as Error).message).toMatch(/CROSSSLOT.*order:1.*order:2.*hash tag/)
    await (await redlock.acquire(['{order}:1', '{order}:2'])).release()
  })

  test('a cluster node hands a lock over to the next waiter', async () => {
    const redlock = new Redlock({ nodes: [node], ttl: 20_000 })
    const other = new Redlock({ nodes: [node], ttl: 20_000 })
    const held = await redlock.acquire('queued:1')
    const waiting = other.acquire('queued:1', { wait: 15_000 })
    await held.release()
    await (await waiting).release()
  })

  test('a cluster node accepts keys with hash tags, and stores their companions in the same slot', async () => {
    for (const key of ['a{b', '{d}e', 'f{g}h{i}', 'j{k}']) {
      const waiter = { id: 'c#1', at: 1, age: 0, life: 5_000 }
      const replies = await askAll(
        node,
        acquire(key, 'v', { fence: { token: Date.now(), retention: 1 } }),
        acquire(key, 'w', { queue: waiter }),
        { kind: 'inspect', keys: [key] },
        release(key),
        { kind: 'release', keys: [key], value: 'c#1' },
      )
      expect([key, ...replies.map(shown)]).toEqual([
        key,
        'granted',
        'refused: held',
        'granted',
        'granted',
        'refused: gone',
      ])
    }
  })

  test('a cluster node rejects keys whose braces are not a hash tag, with the remedy', async () => {
    for (const key of ['{}c', 'a}b', 'k{}l{m}']) {
      expect(await ask(node, acquire(key))).toMatchObject({
        vote: 'failed',
        misuse: true,
        reason: expect.stringMatching(/hash tag/),
      })
    }
  })

  test('a cluster node declares that it lacks the guard against lost data', () => {
    expect(node.lacks).toEqual(['marker', 'list'])
  })

  test('a cluster node answers a probe', async () => {
    expect(shown(await ask(node, { kind: 'greet' }))).toBe('granted')
  })
})
