import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { LockNode, Waiter } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { acquire, ask, askAll, open, release, said, type Client } from '../support/servers.js'

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

test('a call that leaves the short way through the script goes on with the right command, key, token and waiter', async () => {
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
  expect(replies.map(said)).toEqual([
    ...['granted', 'granted', 'granted', 'granted', 'granted'],
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

test('the same release twice in one call finds the key once', async () => {
  await ask(node, acquire('twice'))
  const replies = await askAll(node, release('twice'), release('twice'), release('twice', 'w'))
  expect(replies.map(said)).toEqual(['granted', 'refused: gone', 'refused: gone'])
})

test('a key taken twice in one call is taken once, and what was taken of several is given back', async () => {
  const replies = await askAll(
    node,
    acquire('once', 'a'),
    acquire('once', 'b'),
    acquire(['alone', 'once'], 'c'),
    acquire('alone', 'd'),
  )
  expect(replies.map(said)).toEqual(['granted', 'refused: held', 'refused: held', 'granted'])
})
