import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redlock, type LockNode } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { eventually } from '../support/eventually.js'
import { open, type Client } from '../support/servers.js'

let fleet: Fleet
let clients: Client[]
beforeAll(async () => {
  fleet = await startFleet({ nodes: 3, backend: 'processes' })
  clients = await Promise.all(fleet.urls.map((url) => open(url)))
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await fleet.dispose()
})

/** As many as fifty locks a second for ten minutes. */
const CYCLES = 30_000
const AT_ONCE = 64
const MOST_GROWTH = 16 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

test('a frozen node costs no memory and almost no commands, regardless of the number of locks', async () => {
  const nodes = clients.map((client) => nodeRedisNode(client))
  let sent = 0
  const counted: LockNode = new Proxy(nodes[2]!, {
    get(node, property) {
      if (property !== 'send') {
        const value: unknown = Reflect.get(node, property, node)
        return typeof value === 'function' ? value.bind(node) : value
      }
      return (...args: Parameters<LockNode['send']>) => {
        sent++
        node.send(...args)
      }
    },
  })
  const redlock = new Redlock({ nodes: [nodes[0]!, nodes[1]!, counted], ttl: 5_000, nodeTimeout: 1_000 })
  let left = 0
  const run = async (cycles: number): Promise<void> => {
    left = cycles
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, worker) => {
        while (left-- > 0) await (await redlock.acquire(`order:${worker}`)).release()
      }),
    )
  }
  await run(2_000)
  await fleet.nodes[2]!.pause()
  await run(2_000)
  await eventually(async () => expect(redlock.health()[2]?.state).toBe('suspect'))

  const before = heap()
  sent = 0
  await run(CYCLES)
  const growth = heap() - before
  expect(sent).toBeLessThan(CYCLES / 100)
  expect(growth).toBeLessThan(MOST_GROWTH)

  await fleet.nodes[2]!.resume()
  await eventually(async () => expect(redlock.health()[2]?.state).toBe('up'))
  await redlock.close()
  for (const node of nodes) await node.close?.()
  // The node has received its pending releases.
  await eventually(async () => expect(await clients[2]!.keys('lock:order:*')).toEqual([]))
})
