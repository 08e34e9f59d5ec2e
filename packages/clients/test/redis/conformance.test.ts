import { once } from 'node:events'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'
import type { LockNode } from '@quorumlock/core'
import { lockNodeConformance, startFleet, type Subject } from '@quorumlock/testing'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'

/** One server per client, so that no suite sees the keys of another one. */
async function withServer(make: (url: string) => Promise<Subject>): Promise<Subject> {
  const fleet = await startFleet({ nodes: 1, backend: 'processes' })
  const { node, dispose } = await make(fleet.urls[0] as string)
  return {
    node,
    async dispose() {
      await dispose?.()
      await fleet.dispose()
    },
  }
}

for (const RESP of [2, 3] as const) {
  lockNodeConformance(`node-redis 6 over RESP${RESP}`, () =>
    withServer(async (url) => {
      const client = createClient({ url, RESP })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    }),
  )
  lockNodeConformance(`node-redis 5 over RESP${RESP}`, () =>
    withServer(async (url) => {
      const client = createClient5({ url, RESP })
      client.on('error', () => undefined)
      await client.connect()
      return { node: nodeRedisNode(client), dispose: () => client.destroy() }
    }),
  )
}

for (const [name, connect] of [
  ['ioredis 6', (url: string) => new Redis(url)],
  ['ioredis 5', (url: string) => new Redis5(url)],
] as const) {
  lockNodeConformance(name, () =>
    withServer(async (url) => {
      const client = connect(url)
      await once(client, 'ready')
      return { node: ioredisNode(client), dispose: () => client.disconnect() }
    }),
  )
}

/** Commands that travel one by one have scripts of their own; among others they go through the script for several. */
const WAYS = {
  'one command at a time': (node: LockNode) => sendingWith(node, oneByOne(node)),
  'every command among others': (node: LockNode) =>
    sendingWith(node, (command, answer) => {
      node.send({ kind: 'extend', keys: ['conformance:none'], value: 'v', ttl: 1 }, () => undefined)
      node.send(command, answer)
    }),
}
for (const [way, over] of Object.entries(WAYS)) {
  lockNodeConformance(way, () =>
    withServer(async (url) => {
      const client = createClient({ url })
      client.on('error', () => undefined)
      await client.connect()
      return { node: over(nodeRedisNode(client)), dispose: () => client.destroy() }
    }),
  )
}

type Send = LockNode['send']

function sendingWith(node: LockNode, send: Send): LockNode {
  return {
    name: node.name,
    get connected() {
      return node.connected
    },
    send,
    watch: (observer) => node.watch?.(observer) ?? (() => undefined),
    subscribe: (channel, observer) => node.subscribe?.(channel, observer) ?? (() => undefined),
    close: () => node.close?.(),
  }
}

/** Each command in a turn of the event loop of its own, in order. */
function oneByOne(node: LockNode): Send {
  const waiting: Parameters<Send>[] = []
  const sendNext = (): void => {
    const next = waiting.shift()
    if (next !== undefined) node.send(...next)
    if (waiting.length > 0) setImmediate(sendNext)
  }
  return (...given) => {
    if (waiting.push(given) === 1) setImmediate(sendNext)
  }
}
