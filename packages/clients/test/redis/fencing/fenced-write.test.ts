import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { fencedSet, fencedWrite } from '../../../src/fencing/fenced-write.js'

let fleet: Fleet
let nodeRedis: ReturnType<typeof createClient>
let ioredis: Redis

beforeAll(async () => {
  fleet = await startFleet({ nodes: 1 })
  nodeRedis = createClient({ url: fleet.urls[0]! })
  ioredis = new Redis(fleet.urls[0]!)
  await nodeRedis.connect()
})

afterAll(async () => {
  ioredis.disconnect()
  nodeRedis.destroy()
  await fleet.dispose()
})

beforeEach(() => fleet.nodes[0]!.flush())

describe.each([
  ['node-redis', () => nodeRedis],
  ['ioredis', () => ioredis],
])('over %s', (_name, clientOf) => {
  test('a write with a lower token is rejected and changes nothing', async () => {
    expect(await fencedSet(clientOf(), 'balance', 'new', 34n)).toBe(true)
    expect(await fencedSet(clientOf(), 'balance', 'old', 33n)).toBe(false)
    expect(await nodeRedis.get('balance')).toBe('new')
  })

  test('one holder may write any number of times', async () => {
    expect(await fencedSet(clientOf(), 'balance', 'a', 34n)).toBe(true)
    expect(await fencedSet(clientOf(), 'balance', 'b', 34n)).toBe(true)
    expect(await nodeRedis.get('balance')).toBe('b')
  })

  test('any command can be guarded, and its reply is returned', async () => {
    expect(await fencedWrite(clientOf(), 'count', 34n, ['INCRBY', 'count', '5'])).toEqual({
      accepted: true,
      reply: 5,
    })
    expect(await fencedWrite(clientOf(), 'count', 33n, ['INCRBY', 'count', '5'])).toEqual({
      accepted: false,
      seen: 34n,
    })
  })

  test('a command that writes another key is rejected and writes nothing', async () => {
    await nodeRedis.set('other', 'untouched')
    for (const command of [
      ['SET', 'other', 'v'],
      ['FLUSHALL'],
      ['RENAME', 'balance', 'other'],
      ['DEL', 'balance', 'other'],
    ]) {
      await expect(fencedWrite(clientOf(), 'balance', 34n, command as never)).rejects.toThrow(TypeError)
    }
    expect(await nodeRedis.keys('*')).toEqual(['other'])
    expect(await nodeRedis.get('other')).toBe('untouched')
  })

  test('the guarded key can be deleted', async () => {
    await fencedSet(clientOf(), 'balance', 'a', 34n)
    const deleted = await fencedWrite(clientOf(), 'balance', 34n, ['DEL', 'balance'])
    expect(deleted).toEqual({ accepted: true, reply: 1 })
  })

  test('tokens in microseconds since 1970 that differ by one are distinguished', async () => {
    const token = 1_795_231_286_903_022n
    expect(await fencedSet(clientOf(), 'balance', 'new', token + 1n)).toBe(true)
    expect(await fencedSet(clientOf(), 'balance', 'old', token)).toBe(false)
  })

  test('a server that forgot the script receives it again', async () => {
    await fencedSet(clientOf(), 'balance', 'a', 1n)
    await fleet.nodes[0]!.command('SCRIPT', 'FLUSH')
    expect(await fencedSet(clientOf(), 'balance', 'b', 2n)).toBe(true)
  })
})

test('the token is stored in the cluster slot of the key, and expires', async () => {
  await fencedSet(nodeRedis, 'user:{7}:balance', 'a', 5n, { retention: 60_000 })
  await fencedSet(nodeRedis, 'plain', 'a', 5n)
  const keys = (await nodeRedis.keys('*#fence')).sort()
  expect(keys).toEqual(['user:{7}:balance:#fence', '{plain}:#fence'])
  expect(await nodeRedis.pTTL('user:{7}:balance:#fence')).toBeGreaterThan(50_000)
})

test('a client with a key prefix writes and guards the same key', async () => {
  const prefixed = new Redis(fleet.urls[0]!, { keyPrefix: 'app:' })
  try {
    expect(await fencedSet(prefixed, 'balance', 'new', 34n)).toBe(true)
    expect(await nodeRedis.get('app:balance')).toBe('new')
    expect(await nodeRedis.get('balance')).toBeNull()
    expect(await fencedSet(prefixed, 'balance', 'old', 33n)).toBe(false)
  } finally {
    prefixed.disconnect()
  }
})

test('a lock without a token is rejected, and the error names the option', async () => {
  await expect(fencedSet(nodeRedis, 'balance', 'a', undefined)).rejects.toThrow(
    'Expected `token` to be the token of a lock, got undefined: acquire it with { fencing: true }',
  )
})
