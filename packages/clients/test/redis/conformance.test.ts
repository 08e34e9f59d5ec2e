import { once } from 'node:events'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'
import { lockNodeConformance, startFleet, type Subject } from '@quorumlock/testing'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { open } from '../support/servers.js'
import { amongOthers, oneByOne } from '../support/ways.js'

/** One server per client, so that no suite sees the keys of another one. */
async function withServer(make: (url: string) => Promise<Subject>): Promise<Subject> {
  const fleet = await startFleet({ nodes: 1, backend: 'processes' })
  const { node, dispose } = await make(fleet.urls[0] as string)
  return {
    node,
    async dispose() {
      await dispose?.()
      await fleet.dispose()
    },
  }
}

for (const RESP of [2, 3] as const) {
  lockNodeConformance(`node-redis 6 over RESP${RESP}`, () =>
    withServer(async (url) => {
      const client = createClient({ url, RESP })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    }),
  )
  lockNodeConformance(`node-redis 5 over RESP${RESP}`, () =>
    withServer(async (url) => {
      const client = createClient5({ url, RESP })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    }),
  )
}

for (const [name, connect] of [
  ['ioredis 6', (url: string) => new Redis(url)],
  ['ioredis 5', (url: string) => new Redis5(url)],
] as const) {
  lockNodeConformance(name, () =>
    withServer(async (url) => {
      const client = connect(url)
      await once(client, 'ready')
      return { node: ioredisNode(client), dispose: () => client.disconnect() }
    }),
  )
}

/** A command alone and several together have scripts of their own. */
for (const [way, over] of Object.entries({
  'one command at a time': oneByOne,
  'every command among others': amongOthers,
})) {
  lockNodeConformance(way, () =>
    withServer(async (url) => {
      const client = await open(url)
      return { node: over(nodeRedisNode(client)), dispose: () => client.destroy() }
    }),
  )
}
