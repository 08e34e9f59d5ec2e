// A consumer in TypeScript; compiled, not run.
import { connect, ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { type Lock, LockContendedError, memoryNode, Redlock } from '@quorumlock/core'
import { LeaderElection, memoryCounterStore, RateLimiter } from '@quorumlock/core/recipes'
import { type Fleet, startFleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

export async function ship(urls: readonly string[]): Promise<string> {
  const redlock = await connect(urls, { ttl: 10_000 })
  await using lock: Lock = await redlock.acquire('order:42')
  lock.signal.throwIfAborted()
  return redlock.using(['a', 'b'], { wait: 5_000 }, async (both) => both.resources.join())
}

export function mixed(url: string): Redlock {
  return new Redlock({
    nodes: [nodeRedisNode(createClient({ url })), ioredisNode(new Redis(url)), memoryNode()],
  })
}

export async function hand(giver: Redlock, receiver: Redlock): Promise<Lock> {
  const lock = await giver.acquire('job')
  return receiver.resume(lock.toJSON())
}

export const isContended = (error: unknown): boolean => error instanceof LockContendedError

export const recipes = (redlock: Redlock): readonly unknown[] => [
  new LeaderElection(redlock, 'reports', { ttl: 10_000 }),
  new RateLimiter(redlock, 'api', { limit: 100, window: 60_000, store: memoryCounterStore() }),
]

export const start = (): Promise<Fleet> => startFleet({ nodes: 3 })
