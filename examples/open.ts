// What the programs of this folder share: a Redlock over the servers in REDIS_URLS (separated by commas), or over
// three nodes in memory where there is none.
import { memoryNode, Redlock, type LockNode, type RedlockOptions } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { createClient } from 'redis'

export const urls: readonly string[] = (process.env['REDIS_URLS'] ?? '').split(',').filter(Boolean)

const clients = urls.map((url) => createClient({ url, disableOfflineQueue: true }))
for (const client of clients) client.on('error', () => undefined)
await Promise.all(clients.map((client) => client.connect()))

/** The first of the servers, for data beside the locks. */
export const redis = clients[0]

export const nodes: readonly LockNode[] =
  clients.length > 0 ? clients.map((client) => nodeRedisNode(client)) : [1, 2, 3].map(() => memoryNode())

const opened: Redlock[] = []

/** What would be another process: a client of its own over the same nodes. */
export function open(options: Partial<RedlockOptions> = {}): Redlock {
  const redlock = new Redlock({ nodes, ...options })
  opened.push(redlock)
  return redlock
}

export async function close(): Promise<void> {
  await Promise.all(opened.map((redlock) => redlock.close()))
  for (const client of clients) client.destroy()
}

export function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time))
}
