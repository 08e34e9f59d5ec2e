import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { LockNode, Waiter } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { eventually } from '../support/eventually.js'
import { acquire, ask, askAll, open, release, shown, type Client } from '../support/servers.js'

let fleet: Fleet
let client: Client
let node: LockNode

beforeAll(async () => {
  fleet = await startFleet({ nodes: 1, backend: 'processes' })
  client = await open(fleet.urls[0] as string, { disableOfflineQueue: true })
  node = nodeRedisNode(client)
})
afterAll(async () => {
  await node.close?.()
  client.destroy()
  await fleet.dispose()
})

function waiting(number: number): { queue: Waiter } {
  return { queue: { id: `channel#${number}`, at: Date.now(), age: 0, life: 3_000 } }
}

test('a call that leaves the fast path of the script continues with the right command, key, token and waiter', async () => {
  await ask(node, acquire('held', 'other'))
  const fence = { token: 7, retention: 60_000 }
  const replies = await askAll(
    node,
    acquire('free', 'v', waiting(1)),
    acquire(['one', 'two'], 'v', { ...waiting(2), fence }),
    release('free'),
    acquire('free', 'v', { fence }),
    release(['one', 'two']),
    acquire('held', 'v', waiting(3)),
    acquire(['one', 'two'], 'v', { ...waiting(4), fence }),
    acquire(['one', 'two'], 'v', { ...waiting(5), fence: { ...fence, token: 8 } }),
  )
  expect(replies.map(shown)).toEqual([
    'granted',
    'granted',
    'granted',
    'granted',
    'granted',
    'refused: held',
    'refused: stale',
    'granted',
  ])
  const reply = await ask(node, { kind: 'inspect', keys: ['free', 'held', 'one', 'two'] })
  expect(reply).toMatchObject({
    sightings: [
      { key: 'free', value: 'v', counter: 7, waiters: [] },
      { key: 'held', value: 'other', waiters: ['channel#3'] },
      { key: 'one', value: 'v', counter: 8 },
      { key: 'two', value: 'v', counter: 8 },
    ],
  })
})

test('the same release twice in one call releases the key once', async () => {
  await ask(node, acquire('twice'))
  const replies = await askAll(node, release('twice'), release('twice'), release('twice', 'w'))
  expect(replies.map(shown)).toEqual(['granted', 'refused: gone', 'refused: gone'])
})

test('a token is compared with tokens granted earlier in the same call', async () => {
  const fence = (token: number) => ({ fence: { token, retention: 60_000 } })
  const replies = await askAll(
    node,
    acquire('rising', 'a', fence(7)),
    release('rising', 'a'),
    acquire('rising', 'b', fence(6)),
    acquire('rising', 'c', fence(8)),
  )
  expect(replies.map(shown)).toEqual(['granted', 'granted', 'refused: stale', 'granted'])
})

test('the queue lives as long as its latest place', async () => {
  await ask(node, acquire('long', 'holder'))
  await ask(node, acquire('long', 'v', waiting(1)))
  await client.pExpire('{long}:#queue', 50)
  await ask(node, acquire('long', 'v', waiting(2)))
  expect(await client.pTTL('{long}:#queue')).toBeGreaterThan(1_000)
})

test('a release wakes the first waiter whose place has not expired', async () => {
  const woken: string[] = []
  const live = new Promise<void>((resolve) => {
    node.subscribe?.('heirs', { live: resolve, message: (id) => woken.push(id) })
  })
  await live
  const heir = (number: number, life: number): object => ({
    queue: { id: `heirs#${number}`, at: Date.now(), age: 0, life },
  })
  await ask(node, acquire('left', 'holder'))
  await ask(node, acquire('left', 'a', heir(1, 20)))
  await ask(node, acquire('left', 'b', heir(2, 3_000)))
  await eventually(async () => {
    const [, deadline] = await client.zmScore('{left}:#queue', ['+heirs#1', '-heirs#1'])
    expect(Date.now()).toBeGreaterThan(-Number(deadline))
  })
  await ask(node, release('left', 'holder'))
  await eventually(async () => expect(woken).toEqual(['heirs#2']))
})

describe.each([
  ['alone in a call', 1],
  ['among other commands', 2],
])('a lock released %s', (_, together) => {
  const offered = (id: string, at: number): object => ({ queue: { id, at, age: 0, life: 3_000 } })
  const releaseOf = async (key: string): Promise<void> => {
    const known = await ask(node, { kind: 'greet', marker: 'fleet' })
    const run = known.vote === 'granted' ? known.greeting!.run : ''
    const order = {
      kind: 'mark',
      marker: 'fleet',
      fleet: 'f',
      run,
      stamp: 'stamp',
      seats: 'all',
      replaced: 'all',
    } as const
    for (const mode of ['plant', 'found', 'open'] as const) {
      await ask(node, { ...order, mode, longestTtl: 1, floor: 0, duration: 10_000 })
    }
    const marker = { key: 'fleet', stamp: 'stamp', longestTtl: 0 }
    const given = { kind: 'release', keys: [key], value: 'holder', marker } as const
    await askAll(node, ...[given, acquire(`${key}:other`, 'v', { marker })].slice(0, together))
  }

  test('a released lock goes to the next waiter that listens and accepts hand-overs', async () => {
    const key = `handed:${together}`
    const channel = `listening:${together}`
    const messages: unknown[] = []
    await new Promise<void>((resolve) => {
      node.subscribe?.(channel, { live: resolve, message: (...shown) => messages.push(shown) })
    })
    const now = Date.now()
    await ask(node, acquire(key, 'holder'))
    const reply = await ask(node, acquire(key, 'a', offered(`${channel}#1@60000~ada`, now)))
    await ask(node, acquire(key, 'b', offered(`${channel}#2@60000`, now + 1)))
    await releaseOf(key)
    const deadline = Number(reply.vote === 'refused' && reply.clock) + 3_000
    const remaining = expect.any(Number)
    await eventually(async () =>
      expect(messages).toEqual([[`${channel}#1@60000~ada`, { remaining, deadline, stamp: 'stamp' }]]),
    )
    expect(await client.get(key)).toBe(`${channel}#1@60000~ada`)
    expect(await client.pTTL(key)).toBeLessThanOrEqual(3_000)
    expect(await client.zCard(`{${key}}:#queue`)).toBe(2)
    // The other lock of the call has a longer TTL.
    expect(Number(await client.hGet('fleet', 'longest'))).toBeGreaterThan(2_000)
  })

  test('a released lock skips waiters whose client is gone', async () => {
    const channel = `living:${together}`
    const messages: string[] = []
    await new Promise<void>((resolve) => {
      node.subscribe?.(channel, { live: resolve, message: (id) => messages.push(id) })
    })
    for (const next of [`${channel}#1@60000`, `${channel}#2`]) {
      const key = `passed:${next}`
      await ask(node, acquire(key, 'holder'))
      const now = Date.now()
      for (const [index, dead] of [`gone#1@60000`, `gone#2@0`, `gone#3@60000`].entries()) {
        await ask(node, acquire(key, dead, offered(dead, now + index)))
      }
      await ask(node, acquire(key, next, offered(next, now + 9)))
      await releaseOf(key)
      await eventually(async () => expect(messages.at(-1)).toBe(next))
      expect(shown(await ask(node, acquire(key, next, offered(next, now + 9))))).toBe('granted')
      expect(await client.exists(`{${key}}:#queue`)).toBe(0)
    }
  })

  test('a released lock is free if the clients of all waiters are gone or poll', async () => {
    const places = {
      [`gone:${together}#1@60000`]: 0,
      [`gone:${together}#2@0`]: 0,
      [`asking:${together}#1`]: 2,
    }
    for (const [id, left] of Object.entries(places)) {
      await ask(node, acquire(id, 'holder'))
      await ask(node, acquire(id, 'a', offered(id, Date.now())))
      await releaseOf(id)
      expect(await client.exists(id)).toBe(0)
      expect(await client.zCard(`{${id}}:#queue`)).toBe(left)
    }
  })
})

test('a key is granted once per call, and an acquire that fails on one of its keys leaves none behind', async () => {
  const replies = await askAll(
    node,
    acquire('once', 'a'),
    acquire('once', 'b'),
    acquire(['alone', 'once'], 'c'),
    acquire('alone', 'd'),
  )
  expect(replies.map(shown)).toEqual(['granted', 'refused: held', 'refused: held', 'granted'])
})
