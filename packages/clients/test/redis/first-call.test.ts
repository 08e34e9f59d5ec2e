import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { connect, ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { eventually } from '../support/eventually.js'
import { open, type Client } from '../support/servers.js'

const RUNS = 10

let fleet: Fleet
let observers: Client[]

beforeAll(async () => {
  fleet = await startFleet({ nodes: 5, backend: 'processes' })
  observers = await Promise.all(fleet.urls.map((url) => open(url)))
})
afterAll(async () => {
  for (const observer of observers) observer.destroy()
  await fleet.dispose()
})

type NewClient = () => Promise<{ redlock: Redlock; end: () => Promise<void> }>

const newClients: [string, NewClient][] = [
  [
    'connect()',
    async () => {
      const redlock = await connect(fleet.urls)
      return { redlock, end: () => redlock.close() }
    },
  ],
  [
    'connected node-redis clients',
    async () => {
      const clients = await Promise.all(
        fleet.urls.map((url) => createClient({ url, disableOfflineQueue: true }).connect()),
      )
      const redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)) })
      const end = async (): Promise<void> => {
        await redlock.close()
        for (const client of clients) client.destroy()
      }
      return { redlock, end }
    },
  ],
  [
    'connected ioredis clients',
    async () => {
      const clients = fleet.urls.map(
        (url) => new Redis(url, { lazyConnect: true, enableOfflineQueue: false }),
      )
      await Promise.all(clients.map((client) => client.connect()))
      const redlock = new Redlock({ nodes: clients.map((client) => ioredisNode(client)) })
      const end = async (): Promise<void> => {
        await redlock.close()
        for (const client of clients) client.disconnect()
      }
      return { redlock, end }
    },
  ],
]

async function nodesWith(resource: string): Promise<number> {
  const exist = await Promise.all(observers.map((observer) => observer.exists(`lock:${resource}`)))
  return exist.reduce((sum, one) => sum + one, 0)
}

describe.each(newClients)('over %s', (kind, newClient) => {
  // Far longer than the test, so that no renewal stores the lock on a node.
  const ttl = 600_000

  test('the first lock of a new client is stored on every healthy node', async () => {
    for (let run = 0; run < RUNS; run++) {
      const { redlock, end } = await newClient()
      const resource = `${kind}:${run}`
      const lock = await redlock.acquire(resource, { ttl })
      await eventually(async () => expect(await nodesWith(resource)).toBe(5))
      await lock.release()
      await end()
    }
  })

  test('ten concurrent first locks of a new client are stored on every healthy node', async () => {
    const { redlock, end } = await newClient()
    const resources = Array.from({ length: 10 }, (_, index) => `${kind}:at once:${index}`)
    await Promise.all(resources.map((resource) => redlock.acquire(resource, { ttl })))
    for (const resource of resources) {
      await eventually(async () => expect(await nodesWith(resource)).toBe(5))
    }
    await end()
  })

  test('the first try of a new client succeeds although two of five nodes have a leftover key', async () => {
    for (let run = 0; run < 5; run++) {
      const resource = `${kind}:left over:${run}`
      for (const node of [run, run + 1]) await observers[node % 5]!.set(`lock:${resource}`, 'left over')
      const { redlock, end } = await newClient()
      expect(await redlock.tryAcquire(resource, { ttl })).not.toBeNull()
      await end()
    }
  })

  test('the first try of a new client succeeds while one of five nodes is quarantined', async () => {
    // It must ask the emptied node to notice.
    const witness = await connect(fleet.urls, { spread: 'all' })
    await (await witness.acquire('of the witness', { ttl })).release()
    await observers[1]!.flushAll()
    await (await witness.acquire('of the witness', { ttl })).release()
    // Whoever claims the work of restoring it does so within milliseconds.
    await eventually(() => {
      expect(['quarantined', 'restoring']).toContain(witness.health()[1]!.state)
      return Promise.resolve()
    })
    for (let run = 0; run < RUNS; run++) {
      const { redlock, end } = await newClient()
      const lock = await redlock.tryAcquire(`${kind}:quarantine:${run}`)
      expect(lock).not.toBeNull()
      await end()
    }
    await witness.liftQuarantine(witness.health()[1]!.name)
    await witness.close()
  })
})
