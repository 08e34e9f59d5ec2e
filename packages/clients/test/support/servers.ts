import type { LockNode, NodeCommand, NodeReply } from '@quorumlock/core'
import { createClient } from 'redis'

export type Client = ReturnType<typeof createClient>

export async function open(url: string, options: Parameters<typeof createClient>[0] = {}): Promise<Client> {
  const client = createClient({ url, ...options } as object) as unknown as Client
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export function ask(node: LockNode, command: NodeCommand): Promise<NodeReply> {
  return new Promise((resolve) => node.send(command, resolve))
}

export function askAll(node: LockNode, ...commands: readonly NodeCommand[]): Promise<NodeReply[]> {
  return Promise.all(commands.map((command) => ask(node, command)))
}

export function shown(reply: NodeReply): string {
  return reply.vote === 'granted' ? 'granted' : `${reply.vote}: ${reply.reason}`
}

export const ttl = 30_000

export function acquire(key: string | readonly string[], value = 'v', extra: object = {}): NodeCommand {
  return { kind: 'acquire', keys: [key].flat(), value, ttl, queue: 'respect', ...extra }
}

export function release(key: string | readonly string[], value = 'v'): NodeCommand {
  return { kind: 'release', keys: [key].flat(), value }
}

export function extend(key: string | readonly string[], value = 'v'): NodeCommand {
  return { kind: 'extend', keys: [key].flat(), value, ttl }
}
