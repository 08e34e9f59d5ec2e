// README and the migration guide: ioredisNode(client), with established connections.
import { once } from 'node:events'
import { ioredisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
import { Redis } from 'ioredis'

export async function open(urls) {
  const clients = urls.map((url) => new Redis(url, { enableOfflineQueue: false }).on('error', () => {}))
  await Promise.all(clients.map((client) => once(client, 'ready')))
  const redlock = new Redlock({ nodes: clients.map((client) => ioredisNode(client)) })
  return {
    redlock,
    close: async () => {
      await redlock.close()
      for (const client of clients) client.disconnect()
    },
  }
}
