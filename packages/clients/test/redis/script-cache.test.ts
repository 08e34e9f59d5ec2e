import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redlock, type NodeCommand } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { acquire, ask, askAll, open, release, shown, type Client } from '../support/servers.js'

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

describe('a server that forgets the scripts', () => {
  test('a server that forgets the scripts receives them again, and each command is answered as usual', async () => {
    const node = nodeRedisNode(clients[0]!)
    await ask(node, acquire('warm'))
    for (let round = 0; round < 20; round++) {
      const flushed = clients[0]!.sendCommand(['SCRIPT', 'FLUSH'])
      const replies = await askAll(
        node,
        acquire(`a${round}`),
        acquire(`a${round}`, 'w'),
        release(`a${round}`),
        acquire(`a${round}`, 'w'),
      )
      expect(replies.map(shown)).toEqual(['granted', 'refused: held', 'granted', 'granted'])
      await flushed
    }
    await node.close?.()
  })

  test('a missing script does not reorder the calls in flight', async () => {
    const node = nodeRedisNode(clients[0]!)
    await ask(node, acquire('warm again'))
    const other = await open(fleet.urls[0]!)
    const otherNode = nodeRedisNode(other)
    await ask(otherNode, acquire('warm too'))
    for (let round = 0; round < 50; round++) {
      const key = `order${round}`
      await clients[0]!.sendCommand(['SCRIPT', 'FLUSH'])
      // Three ticks make three calls. Between any two of them, another client may load the script.
      const first = ask(node, acquire(key))
      const loading = ask(otherNode, acquire(`other${round}`))
      await new Promise((resolve) => setImmediate(resolve))
      const second = ask(node, release(key))
      await new Promise((resolve) => setImmediate(resolve))
      const third = ask(node, { kind: 'inspect', keys: [key] })
      const replies = [await first, await second, await third]
      await loading
      const [taken, released, seen] = replies
      // Either both run in order, or the acquire is given up. An acquire never runs after its own release.
      expect([
        ['granted', 'granted'],
        ['failed', 'refused'],
      ]).toContainEqual([taken?.vote, released?.vote])
      expect(seen).toMatchObject({ vote: 'granted', sightings: [{ value: null }] })
    }
    await node.close?.()
    await otherNode.close?.()
    other.destroy()
  })

  test('a lock that is released while the script that restores it is missing does not come back', async () => {
    const node = nodeRedisNode(clients[0]!)
    const other = await open(fleet.urls[0]!)
    const otherNode = nodeRedisNode(other)
    const marker = { key: 'restored:marker', stamp: 'stay', longestTtl: 0 }
    const restore = (key: string): NodeCommand => ({
      kind: 'restore',
      copies: [{ key, value: 'v', ttl: 30_000, bearer: 0 }],
      marker,
    })
    const order = { kind: 'mark', marker: marker.key, fleet: 'f', run: 'r', stamp: 'stay' } as const
    await ask(node, { ...order, mode: 'quarantine', longestTtl: 1, floor: 0, duration: 60_000 })
    await askAll(node, restore('warm'), release('warm'))
    await ask(otherNode, release('warm too'))
    await clients[0]!.sendCommand(['SCRIPT', 'FLUSH'])
    // The server knows the script for a release again, but not the one that restores.
    await ask(otherNode, release('known again'))
    const replies = await askAll(node, restore('restored'), release('restored'))
    expect(replies.map(shown)).toEqual([expect.stringMatching(/^failed: not run/), 'refused: gone'])
    expect(await clients[0]!.get('restored')).toBeNull()
    await node.close?.()
    await otherNode.close?.()
    other.destroy()
  })

  test('missing scripts under load are invisible to callers', async () => {
    const redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)), ttl: 10_000 })
    let flushing = true
    let flushes = 0
    const flusher = (async () => {
      while (flushing) {
        await Promise.all(clients.map((client) => client.sendCommand(['SCRIPT', 'FLUSH'])))
        flushes++
      }
    })()
    const cycles = Array.from({ length: 32 }, async (_, worker) => {
      for (let round = 0; round < 30; round++) {
        const lock = await redlock.acquire(`load:${worker}`)
        expect(await lock.release()).toBe('released')
      }
    })
    await Promise.all(cycles)
    flushing = false
    await flusher
    expect(flushes).toBeGreaterThan(10)
    await redlock.close()
  })
})
