import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { LockNode } from '@quorumlock/core'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { eventually } from '../support/eventually.js'
import { open, type Client } from '../support/servers.js'

let fleet: Fleet
let admin: Client
beforeAll(async () => {
  fleet = await startFleet({ nodes: 1, backend: 'processes' })
  admin = await open(fleet.urls[0]!)
})
afterAll(async () => {
  admin.destroy()
  await fleet.dispose()
})

interface Opened {
  readonly node: LockNode
  end(): void
}
const clients: readonly (readonly [string, () => Promise<Opened>])[] = [
  ...([2, 3] as const).map(
    (RESP) =>
      [
        `node-redis over RESP${RESP}`,
        async () => {
          const client = await open(fleet.urls[0]!, { RESP, disableOfflineQueue: true })
          return { node: nodeRedisNode(client), end: () => client.destroy() }
        },
      ] as const,
  ),
  [
    'ioredis',
    async () => {
      // The client's prefix applies to keys only. The engine names the channels, the same for all clients.
      const client = new Redis(fleet.urls[0]!, { keyPrefix: 'mine:' })
      await once(client, 'ready')
      return { node: ioredisNode(client), end: () => client.disconnect() }
    },
  ],
]

describe.each(clients)('wake-ups over %s', (_name, make) => {
  const subscribers = async (): Promise<string[]> =>
    (await admin.sendCommand<string>(['CLIENT', 'LIST', 'TYPE', 'PUBSUB']))
      .split('\n')
      .flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? [])

  test('wake-ups survive the loss of their connection, and observers are notified of the new one', async () => {
    const { node, end } = await make()
    let lives = 0
    const messages: string[] = []
    const stop = node.subscribe?.('wake', {
      live: () => lives++,
      message: (id) => messages.push(id),
    })
    await eventually(async () => expect(lives).toBe(1))
    await admin.publish('wake', 'wake#1')
    await eventually(async () => expect(messages).toEqual(['wake#1']))

    const [id = ''] = await subscribers()
    await admin.sendCommand(['CLIENT', 'KILL', 'ID', id])
    await eventually(async () => expect(lives).toBe(2))
    await admin.publish('wake', 'wake#2')
    await eventually(async () => expect(messages).toEqual(['wake#1', 'wake#2']))

    stop?.()
    await eventually(async () => expect((await admin.pubSubNumSub(['wake']))['wake']).toBe(0))
    await node.close?.()
    end()
  })

  test('wake-ups use one connection for all observers, and none after the node is closed', async () => {
    const { node, end } = await make()
    let lives = 0
    for (const channel of ['a', 'b', 'a']) {
      node.subscribe?.(channel, { live: () => lives++, message: () => undefined })
    }
    await eventually(async () => expect(lives).toBeGreaterThanOrEqual(3))
    expect(await subscribers()).toHaveLength(1)
    await node.close?.()
    await eventually(async () => expect(await subscribers()).toHaveLength(0))
    end()
  })
})
