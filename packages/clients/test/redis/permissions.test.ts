import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { LockMisuseError, Redlock, type LockNode, type MarkCommand, type NodeReply } from '@quorumlock/core'
import { connect, ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { eventually } from '../support/eventually.js'
import { acquire, ask, askAll, extend, open, shown, type Client } from '../support/servers.js'

/** The rules of the document, without the name and the password. */
const RULES = documentedRules()
/** The commands of our scripts and subscriptions, without those that client libraries add. */
const COMMANDS = RULES.filter(
  (rule) => /^\+[a-z]+$/.test(rule) && !['+ping', '+hello', '+client'].includes(rule),
)

function documentedRules(): string[] {
  const document = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')
  const lines = document.split('\n').filter((line) => line.startsWith('ACL SETUSER '))
  expect(lines).toHaveLength(1)
  const [, , , ...rules] = lines[0]!.split(' ')
  return rules.filter((rule) => rule !== 'on' && !rule.startsWith('>'))
}

const without = (...left: readonly string[]): string[] => RULES.filter((rule) => !left.includes(rule))

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
afterEach(async () => {
  await admin.sendCommand(['ACL', 'DELUSER', 'locker'])
  await admin.flushAll()
})

interface User {
  readonly client: Client
  readonly node: LockNode
  end(): Promise<void>
}

const LOGIN = { username: 'locker', password: 'secret' }

async function permit(...rules: readonly string[]): Promise<void> {
  await admin.sendCommand(['ACL', 'SETUSER', 'locker', 'reset', 'on', '>secret', ...rules])
  await admin.sendCommand(['ACL', 'LOG', 'RESET'])
}

async function user(...rules: readonly string[]): Promise<User> {
  await permit(...rules)
  const client = await open(fleet.urls[0]!, LOGIN)
  const node = nodeRedisNode(client)
  return {
    client,
    node,
    async end() {
      await node.close?.()
      client.destroy()
    },
  }
}

/** The commands that the server has refused, including those that the client library sends on its own. */
async function refused(): Promise<unknown> {
  return admin.sendCommand(['ACL', 'LOG'])
}

/** Subscriptions use a separate connection. */
const LEARNT_ELSEWHERE = ['+subscribe', '+unsubscribe']

/** Every command in every variant. */
async function useEverything(node: LockNode): Promise<void> {
  const [marker, run] = [MARKER, 'run']
  const order = {
    ...({ kind: 'mark', marker, fleet: 'f', run, stamp: 'stamp' } as const),
    ...{ longestTtl: 1, floor: 0, duration: 1 },
  }
  const check = { marker: { key: marker, stamp: 'stamp', longestTtl: 0 } }
  const fence = { token: 1, retention: 1_000 }
  const waiter = (number: number, at: number): object => ({
    queue: { id: `quorumlock:wake:test#${number}`, at, age: 0, life: 1_000 },
  })
  await askAll(
    node,
    { kind: 'greet', marker },
    ...(['plant', 'found', 'open', 'quarantine', 'lift'] as const).map((mode) => ({
      ...order,
      mode,
      run: mode === 'found' ? 'an earlier run' : run,
      ...{ seats: 'all', replaced: 'all' },
    })),
    acquire('lock:1', 'a', { fence, ...check }),
    acquire('lock:2', 'a', check),
    acquire('lock:1', 'b', waiter(1, 1)),
    acquire('lock:1', 'c', waiter(2, 2)),
    extend('lock:1', 'a'),
    { kind: 'inspect', keys: ['lock:1'] },
    { kind: 'release', keys: ['lock:1'], value: 'a' },
    { kind: 'release', keys: ['lock:1'], value: 'quorumlock:wake:test#2' },
    { kind: 'repair', keys: ['lock:1'], value: 'a', ttl: 1_000 },
    { kind: 'force', keys: ['lock:1'] },
    { kind: 'list', prefix: 'lock:', cursor: null, count: 10, ...check },
  )
}

const MARKER = 'lock::quorumlock:marker'

/** As a client of the fleet that has written the marker. */
async function listOf(node: LockNode): Promise<NodeReply> {
  const hello = await ask(node, { kind: 'greet', marker: MARKER })
  const stamp = (hello.vote === 'granted' && hello.greeting?.marker?.stamp) || ''
  const marker = { key: MARKER, stamp, longestTtl: 0 }
  return ask(node, { kind: 'list', prefix: 'lock:', cursor: null, count: 100, marker })
}

/** All operations of a client. */
async function exercise(redlock: Redlock): Promise<void> {
  const lock = await redlock.acquire(['order:1', 'order:2'], { fencing: true })
  const waiting = redlock.acquire('order:1', { fencing: true })
  await expect(redlock.tryAcquire('order:1')).resolves.toBeNull()
  await lock.extend()
  expect((await redlock.inspect('order:1')).locked).toBe(true)
  await lock.release()
  await (await waiting).release()
  const plain = await redlock.acquire('order:4')
  const handedOver = redlock.acquire('order:4')
  const unlocked = redlock.waitForUnlock('order:4')
  await eventually(async () => expect((await redlock.inspect('order:4')).waiters).toBe(1))
  await plain.release()
  await (await handedOver).release()
  await expect(unlocked).resolves.toBe(true)
  await redlock.acquire('order:3', { fair: false })
  expect(await redlock.forceRelease('order:3')).toBe(true)
  await redlock.close()
}

describe('a user with the documented permissions', () => {
  test.each(['2', '3'] as const)(
    'a user with the documented permissions can do everything over node-redis with RESP%s, and nothing is logged',
    async (version) => {
      await permit(...RULES)
      const RESP = Number(version) as 2 | 3
      const client = await open(fleet.urls[0]!, { ...LOGIN, RESP, name: 'a-name', pingInterval: 10 })
      await exercise(new Redlock({ nodes: [nodeRedisNode(client)], ttl: 5_000 }))
      client.destroy()
      expect(await refused()).toEqual([])
    },
  )

  test('a user with the documented permissions can do everything over ioredis, and nothing is logged', async () => {
    await permit(...RULES)
    const { host, port } = addressOf(fleet.urls[0]!)
    const client = new Redis({ host, port, ...LOGIN, connectionName: 'a-name', lazyConnect: true })
    await client.connect()
    await exercise(new Redlock({ nodes: [ioredisNode(client)], ttl: 5_000 }))
    await client.quit()
    expect(await refused()).toEqual([])
  })

  test('a user with the documented permissions can do everything over connect(), and nothing is logged', async () => {
    await permit(...RULES)
    await exercise(await connect([fleet.urls[0]!], { ...LOGIN, ttl: 5_000 }))
    expect(await refused()).toEqual([])
  })

  test('a user can do everything without the dangerous commands, removed as in the document', async () => {
    await permit(...RULES, '-@dangerous', '+info')
    const client = await open(fleet.urls[0]!, LOGIN)
    await exercise(new Redlock({ nodes: [nodeRedisNode(client)], ttl: 5_000 }))
    // Redis 6.2 has only one permission for all of CLIENT, so it refuses the library's CLIENT SETINFO.
    const objects = ((await refused()) as unknown[]).map(
      (entry) => /"object","([^"]+)"/.exec(JSON.stringify(entry))?.[1],
    )
    expect(objects.filter((object) => object !== 'client')).toEqual([])
    await expect(client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])).rejects.toThrow('NOPERM')
    client.destroy()
  })

  test.each(COMMANDS.filter((command) => !LEARNT_ELSEWHERE.includes(command)))(
    'a user needs %s',
    async (left) => {
      const { node, end } = await user(...without(left))
      await useEverything(node)
      expect(JSON.stringify(await refused())).toContain(`"${left.slice(1)}"`)
      await end()
    },
  )

  test('without INFO everything works, but a restart is noticed only by lost data', async () => {
    const { node, end } = await user(...without('+info'))
    await exercise(new Redlock({ nodes: [node], ttl: 5_000 }))
    const marker = MARKER
    await expect(ask(node, { kind: 'greet', marker })).resolves.toMatchObject({ greeting: { run: '' } })
    await end()
  })

  test('without PUBLISH everything works, but waiters must poll', async () => {
    const { node, end } = await user(...without('+publish'))
    await exercise(new Redlock({ nodes: [node], ttl: 5_000 }))
    await end()
  })

  test('without SCAN everything works, but a node cannot list its locks, and reports the missing command', async () => {
    const { node, end } = await user(...without('+scan'))
    await exercise(new Redlock({ nodes: [node], ttl: 5_000 }))
    const reply = await listOf(node)
    expect(reply).toMatchObject({ vote: 'failed', misuse: true, reason: expect.stringMatching(/\bSCAN\b/i) })
    await end()
  })

  test('with the documented permissions a node lists its locks, is given back what it forgot, and is tidied', async () => {
    const { node, end } = await user(...RULES)
    await exercise(new Redlock({ nodes: [node], ttl: 5_000 }))
    await ask(node, acquire('lock:1'))
    const reply = await listOf(node)
    expect(reply).toMatchObject({ vote: 'granted', listing: { locks: [{ key: 'lock:1' }] } })
    await admin.flushAll()
    const marker = { key: MARKER, stamp: 'stamp', longestTtl: 0 }
    const order = { kind: 'mark', marker: MARKER, fleet: 'f', run: 'r', stamp: 'stamp' } as const
    const mark = (mode: MarkCommand['mode']): MarkCommand => ({
      ...{ ...order, mode, longestTtl: 1, floor: 0, duration: 1_000 },
      claim: { by: 'c', progress: 0 },
    })
    const copies = [
      { key: 'lock:1', value: 'v', ttl: 1_000, bearer: 1 },
      { key: 'lock:2', value: 'v', ttl: 1_000, bearer: 0 },
    ]
    const replies = await askAll(
      node,
      mark('quarantine'),
      mark('claim'),
      { kind: 'restore', copies, marker },
      { kind: 'restore', copies: copies.map((copy) => ({ ...copy, ttl: 2_000 })), marker },
      { kind: 'restore', copies: copies.map((copy) => ({ ...copy, value: 'w' })), marker },
      mark('restored'),
      { kind: 'tidy', copies: copies.map((copy) => ({ ...copy, expiresAt: 0 })), marker },
    )
    expect(replies.map(shown)).toEqual(replies.map(() => 'granted'))
    expect(await refused()).toEqual([])
    await end()
  })

  test('a key without permission is misuse', async () => {
    const { node, end } = await user(...RULES)
    await expect(ask(node, acquire('other'))).resolves.toMatchObject({ vote: 'failed', misuse: true })
    await end()
  })
})

/** Acquires and releases locks until the client gets an error. */
async function failure(node: LockNode): Promise<Error> {
  const redlock = new Redlock({ nodes: [node], ttl: 5_000, wait: Infinity })
  try {
    for (let round = 0; round < 3; round++) await (await redlock.acquire('order:1')).release()
    throw new Error('nothing was refused')
  } catch (error) {
    return error as Error
  } finally {
    await redlock.close()
  }
}

describe('a missing permission', () => {
  test.each(['+eval', '+evalsha', '+time', '+hmget', '+hset', '+exists', '+set'])(
    'a missing permission for %s ends an endless wait with the node and the command',
    async (left) => {
      const { node, end } = await user(...without(left))
      const error = await failure(node)
      expect(error).toBeInstanceOf(LockMisuseError)
      expect(error.message).toContain(node.name)
      expect(error.message).toMatch(new RegExp(`\\b${left.slice(1)}\\b`, 'i'))
      await end()
    },
  )

  test('a missing permission for a command that only waiters need ends an endless wait', async () => {
    const { node, end } = await user(...without('+pttl'))
    const redlock = new Redlock({ nodes: [node], ttl: 5_000, wait: Infinity })
    const lock = await redlock.acquire('order:1')
    await expect(redlock.acquire('order:1')).rejects.toThrow(/\bPTTL\b/i)
    await lock.release()
    await redlock.close()
    await end()
  })

  test.each([
    ['~lock:*', '"lock::quorumlock:marker"'],
    ['~{lock:*', '"lock:order:1"'],
  ])(
    'a missing permission for the keys %s ends an endless wait with the node and the keys',
    async (left, named) => {
      const { node, end } = await user(...without(left))
      const error = await failure(node)
      expect(error).toBeInstanceOf(LockMisuseError)
      expect(error.message).toContain(node.name)
      expect(error.message).toContain(named)
      await end()
    },
  )

  test('a connection that is no longer logged in ends an endless wait with the reason', async () => {
    const { client, node, end } = await user(...RULES, '+reset')
    await admin.sendCommand(['ACL', 'SETUSER', 'default', 'off'])
    try {
      // The connection stays open, but without a user.
      await client.sendCommand(['RESET'])
      const error = await failure(node)
      expect(error).toBeInstanceOf(LockMisuseError)
      expect(error.message).toMatch(/NOAUTH|NOPERM/)
    } finally {
      await admin.sendCommand(['ACL', 'SETUSER', 'default', 'on'])
    }
    await end()
  })

  test.each([
    ['a wrong password', { username: 'locker', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'secret' }],
  ])('connect() with %s rejects immediately with the reason', async (_, login) => {
    await permit(...RULES)
    // Longer than the limit of this test.
    const connecting = connect([fleet.urls[0]!], { ...login, connectTimeout: 600_000 })
    const error = await connecting.then(
      () => new Error('nothing was refused'),
      (reason: unknown) => reason as Error,
    )
    expect(error).toBeInstanceOf(LockMisuseError)
    expect(error.message).toContain('WRONGPASS')
  })
})

describe('the reason in health()', () => {
  test.each([
    [
      'hset is not permitted',
      async () => permit(...without('+hset')),
      /its marker cannot be written: .*HSET/i,
    ],
    [
      'hmget is not permitted',
      async () => permit(...without('+hmget')),
      /its marker cannot be read: .*HMGET/i,
    ],
    ['it has no memory', async () => configure('maxmemory', '1'), /its marker cannot be written: OOM/],
    [
      'it lacks replicas',
      async () => configure('min-replicas-to-write', '1'),
      /its marker cannot be written: NOREPLICAS/,
    ],
  ] as const)('health() reports why a node cannot vote if %s', async (_, disable, reason) => {
    const { node, end } = await user(...RULES)
    await disable()
    const redlock = new Redlock({ nodes: [node], ttl: 5_000, wait: 0 })
    try {
      await expect(redlock.acquire('order:1')).rejects.toThrow(reason)
      expect(redlock.health()[0]).toMatchObject({ state: 'suspect', reason: expect.stringMatching(reason) })
      await configure('maxmemory', '0')
      await configure('min-replicas-to-write', '0')
      await permit(...RULES)
      await (await redlock.acquire('order:1', { wait: 20_000 })).release()
      const [health] = redlock.health()
      expect(health).toMatchObject({ state: 'up' })
      expect(health).not.toHaveProperty('reason')
    } finally {
      await configure('maxmemory', '0')
      await configure('min-replicas-to-write', '0')
      await redlock.close()
      await end()
    }
  })
})

async function configure(name: string, value: string): Promise<void> {
  await admin.configSet(name, value)
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
