import { randomUUID } from 'node:crypto'
import { nodeRedisNode } from '@quorumlock/clients'
import { Redlock, type Lock, type RedlockOptions } from '@quorumlock/core'
import { createClient } from 'redis'
import { until } from '../../src/fleet/until.js'

/** A client of this library over a fleet, with connections that reconnect quickly. */
export interface Bench extends AsyncDisposable {
  readonly redlock: Redlock
  /** Resolves once every node is connected and votes. */
  settled(): Promise<void>
}

export async function openBench(
  urls: readonly string[],
  options: Omit<RedlockOptions, 'nodes'> = {},
): Promise<Bench> {
  const clients = urls.map((url) =>
    createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (retries) => Math.min(10 * 2 ** retries, 200), connectTimeout: 500 },
    }),
  )
  for (const client of clients) client.on('error', () => undefined)
  await Promise.all(clients.map((client) => client.connect()))
  const redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)), ...options })
  return {
    redlock,
    settled: () =>
      until(async () => {
        const states = redlock.health().map(({ state }) => state)
        if (states.some((state) => state !== 'up')) throw new Error(`Still ${states.join(', ')}`)
        await using lock = await redlock.acquire(`settled ${randomUUID()}`)
        await everywhere(lock)
      }, 10_000),
    [Symbol.asyncDispose]: async () => {
      await redlock.close()
      for (const client of clients) client.destroy()
    },
  }
}

/** A command in flight to a node when a fault occurs there would be applied after the fault, and weaken it. */
export async function everywhere(lock: Lock): Promise<void> {
  await until(async () => {
    if (lock.votes.some(({ vote }) => vote !== 'granted')) throw new Error(JSON.stringify(lock.votes))
  }, 200)
}
