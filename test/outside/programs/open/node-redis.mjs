// README: "Connections of your own stay yours".
import { nodeRedisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
import { createClient } from 'redis'

export async function open(urls) {
  const clients = urls.map((url) => createClient({ url, disableOfflineQueue: true }).on('error', () => {}))
  await Promise.all(clients.map((client) => client.connect()))
  const redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)) })
  return {
    redlock,
    close: async () => {
      await redlock.close()
      for (const client of clients) client.destroy()
    },
  }
}
