import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

export type NodeRedisClient = ReturnType<typeof createClient>

/** As the library's documentation would have it: default options, so that what they cost is measured with it. */
export async function nodeRedisClients(
  urls: readonly string[],
  options: Parameters<typeof createClient>[0] = {},
): Promise<NodeRedisClient[]> {
  return Promise.all(
    urls.map(async (url) => {
      const client = createClient({ ...options, url })
      // A dead node is part of some scenarios.
      client.on('error', () => {})
      await client.connect()
      return client
    }),
  )
}

export async function ioredisClients(urls: readonly string[]): Promise<Redis[]> {
  return Promise.all(
    urls.map(async (url) => {
      const client = new Redis(url)
      client.on('error', () => {})
      await once(client, 'ready')
      return client
    }),
  )
}
