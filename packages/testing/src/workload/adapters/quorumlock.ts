import { nodeRedisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
import { createClient } from 'redis'
import { machineNow } from '../../history/history.js'
import type { AdapterOptions, LockAdapter } from '../adapter.js'

/** This library, over connections as a careful user would configure them. */
export async function openLocks({ urls, ttl }: AdapterOptions): Promise<LockAdapter> {
  const clients = urls.map((url) =>
    createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (retries) => Math.min(20 * 2 ** retries, 500), connectTimeout: 1_000 },
    }),
  )
  for (const client of clients) client.on('error', () => undefined)
  await Promise.all(clients.map((client) => client.connect()))
  const redlock = new Redlock({
    nodes: clients.map((client) => nodeRedisNode(client)),
    ttl,
    fencing: true,
    wait: 2_000,
  })
  return {
    acquire: async (resource) => {
      const lock = await redlock.acquire(resource)
      return {
        token: lock.token,
        get validUntil() {
          return machineNow() + lock.remaining()
        },
        extend: () => lock.extend(),
        release: async () => {
          await lock.release()
        },
      }
    },
    close: async () => {
      await redlock.close()
      for (const client of clients) client.destroy()
    },
  }
}
