import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redlock, type LockNode } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { acquire, ask, askAll, extend, open, type Client } from '../support/servers.js'

/** As in the README of this package: exactly what a client of the default settings needs. */
const KEYS = ['~lock:*', '~{lock:*', '~lock::quorumlock:fleet']
const CHANNELS = ['&quorumlock:wake:*']
const COMMANDS = [
  ...['+eval', '+evalsha', '+time', '+mget', '+get', '+set', '+del', '+pttl', '+pexpire', '+exists'],
  ...['+zadd', '+zrem', '+zrangebyscore', '+zscore', '+publish', '+subscribe', '+unsubscribe'],
  ...['+hmget', '+hset', '+hdel', '+info'],
]

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

interface User {
  readonly client: Client
  readonly node: LockNode
  end(): Promise<void>
}

async function user(...rules: readonly string[]): Promise<User> {
  await admin.sendCommand(['ACL', 'SETUSER', 'locker', 'reset', 'on', '>secret', ...rules])
  const client = await open(fleet.urls[0]!, { username: 'locker', password: 'secret' })
  const node = nodeRedisNode(client)
  return {
    client,
    node,
    async end() {
      await node.close?.()
      client.destroy()
      await admin.sendCommand(['ACL', 'DELUSER', 'locker'])
      await admin.flushAll()
    },
  }
}

/** Subscriptions are made on a connection beside that of the node. */
const LEARNT_ELSEWHERE = ['+subscribe', '+unsubscribe']

/** Each command in each of its ways. */
async function useEverything(node: LockNode): Promise<void> {
  const [marker, run] = ['lock::quorumlock:fleet', 'run']
  const order = { kind: 'mark', marker, fleet: 'f', run, longestTtl: 1, floor: 0, duration: 1 } as const
  const fence = { token: 1, retention: 1_000 }
  const waiter = (number: number, at: number): object => ({
    queue: { id: `quorumlock:wake:test#${number}`, at, age: 0, life: 1_000 },
  })
  await askAll(
    node,
    { kind: 'greet', marker },
    ...(['found', 'quarantine', 'lift'] as const).map((mode) => ({
      ...order,
      mode,
      run: mode === 'found' ? 'an earlier run' : run,
    })),
    acquire('lock:1', 'a', { fence, marker: { key: marker, run } }),
    acquire('lock:2', 'a', { marker: { key: marker, run } }),
    acquire('lock:1', 'b', waiter(1, 1)),
    acquire('lock:1', 'c', waiter(2, 2)),
    extend('lock:1', 'a'),
    { kind: 'inspect', keys: ['lock:1'] },
    { kind: 'release', keys: ['lock:1'], value: 'a' },
    { kind: 'release', keys: ['lock:1'], value: 'quorumlock:wake:test#2' },
    { kind: 'repair', keys: ['lock:1'], value: 'a', ttl: 1_000 },
    { kind: 'force', keys: ['lock:1'] },
  )
}

/** Everything that a client does with a lock. */
async function live(node: LockNode): Promise<void> {
  const redlock = new Redlock({ nodes: [node], fencing: true, ttl: 5_000 })
  const lock = await redlock.acquire(['order:1', 'order:2'])
  const waiting = redlock.acquire('order:1', { wait: 5_000 })
  await expect(redlock.tryAcquire('order:1')).resolves.toBeNull()
  await lock.extend()
  expect((await redlock.inspect('order:1')).locked).toBe(true)
  await lock.release()
  await (await waiting).release()
  await redlock.acquire('order:3', { fair: false })
  expect(await redlock.forceRelease('order:3')).toBe(true)
  await redlock.close()
}

describe('a user with the documented permissions', () => {
  test('can do everything', async () => {
    const { node, end } = await user(...KEYS, ...CHANNELS, ...COMMANDS)
    await live(node)
    expect(await admin.sendCommand(['ACL', 'LOG'])).toEqual([])
    await end()
  })

  test.each(COMMANDS.filter((command) => !LEARNT_ELSEWHERE.includes(command)))('needs %s', async (left) => {
    const rules = COMMANDS.filter((command) => command !== left)
    const { node, end } = await user(...KEYS, ...CHANNELS, ...rules)
    await admin.sendCommand(['ACL', 'LOG', 'RESET'])
    await useEverything(node)
    expect(JSON.stringify(await admin.sendCommand(['ACL', 'LOG']))).toContain(`"${left.slice(1)}"`)
    await end()
  })

  test('gets by without INFO: then a restart shows by lost data only', async () => {
    const { node, end } = await user(
      ...KEYS,
      ...CHANNELS,
      ...COMMANDS.filter((command) => command !== '+info'),
    )
    await live(node)
    const marker = 'lock::quorumlock:fleet'
    await expect(ask(node, { kind: 'greet', marker })).resolves.toMatchObject({ greeting: { run: '' } })
    await end()
  })

  test('gets by without PUBLISH: then those who wait find out by themselves', async () => {
    const { node, end } = await user(
      ...KEYS,
      ...CHANNELS,
      ...COMMANDS.filter((command) => command !== '+publish'),
    )
    await live(node)
    await end()
  })

  test('is told when a key is not theirs', async () => {
    const { node, end } = await user(...KEYS, ...CHANNELS, ...COMMANDS)
    await expect(ask(node, acquire('other'))).resolves.toMatchObject({ vote: 'failed', misuse: true })
    await end()
  })
})
