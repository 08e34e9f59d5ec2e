import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

export type NodeRedisClient = ReturnType<typeof createClient>

/** As the documentation of the library shows it: with default options, so that their cost is measured too. */
export async function nodeRedisClients(
  urls: readonly string[],
  options: Parameters<typeof createClient>[0] = {},
): Promise<NodeRedisClient[]> {
  return Promise.all(
    urls.map(async (url) => {
      const client = createClient({ ...options, url })
      // Some scenarios include dead nodes.
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
