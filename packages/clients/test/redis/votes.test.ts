import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { LockNode } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { eventually } from '../support/eventually.js'
import { acquire, ask, askAll, extend, open, release, shown, type Client } from '../support/servers.js'

let fleet: Fleet
let admin: Client
let client: Client
let node: LockNode

beforeAll(async () => {
  fleet = await startFleet({ nodes: 2, backend: 'processes' })
  const [url = ''] = fleet.urls
  admin = await open(url)
  client = await open(url, { disableOfflineQueue: true })
  node = nodeRedisNode(client)
  await ask(node, { kind: 'greet' })
})
afterAll(async () => {
  await node.close?.()
  client.destroy()
  admin.destroy()
  await fleet.dispose()
})
afterEach(async () => {
  await admin.flushAll()
})

describe('the vote for an error of a server', () => {
  test('WRONGTYPE, for a key that is not a lock, is misuse and affects no other command', async () => {
    await admin.rPush('list', 'x')
    const replies = await askAll(
      node,
      acquire('before'),
      acquire('list'),
      acquire(['free', 'list']),
      extend('list'),
      release('list'),
      acquire('after'),
      acquire('free'),
    )
    expect(replies.map(({ vote }) => vote)).toEqual([
      'granted',
      'failed',
      'failed',
      'failed',
      'failed',
      'granted',
      'granted',
    ])
    expect(replies[1]).toMatchObject({ misuse: true, reason: expect.stringMatching(/^WRONGTYPE/) })
    expect(await admin.lRange('list', 0, -1)).toEqual(['x'])
  })

  test('OOM prevents new locks, but held locks can be extended and released', async () => {
    await askAll(node, acquire('held'), acquire('held too'))
    await admin.configSet('maxmemory', '1')
    try {
      const [taken, extended, released, gone] = await askAll(
        node,
        acquire('new'),
        extend('held'),
        release('held'),
        extend('held'),
      )
      expect(taken).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^OOM/) })
      expect(taken).not.toHaveProperty('misuse')
      expect([extended, released, gone].map((reply) => shown(reply!))).toEqual([
        'granted',
        'granted',
        'refused: gone',
      ])
      expect(shown(await ask(node, release('held too')))).toBe('granted')
    } finally {
      await admin.configSet('maxmemory', '0')
    }
    expect(shown(await ask(node, acquire('new')))).toBe('granted')
  })

  test('READONLY is the failed vote of a replica', async () => {
    const master = fleet.nodes[1]!
    const there = await open(master.url)
    await there.configSet('repl-diskless-sync-delay', '0')
    there.destroy()
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', String(master.port)])
    try {
      await eventually(async () => expect(await admin.info('replication')).toContain('master_link_status:up'))
      const reply = await ask(node, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^READONLY/) })
      expect(reply).not.toHaveProperty('misuse')
    } finally {
      await admin.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    }
  })

  test('MASTERDOWN is the failed vote of a replica without its master', async () => {
    await admin.configSet('replica-serve-stale-data', 'no')
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1'])
    try {
      const reply = await ask(node, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^MASTERDOWN/) })
    } finally {
      await admin.sendCommand(['REPLICAOF', 'NO', 'ONE'])
      await admin.configSet('replica-serve-stale-data', 'yes')
    }
  })

  test('NOREPLICAS is the failed vote of a server without its required replicas', async () => {
    await admin.configSet('min-replicas-to-write', '1')
    try {
      const reply = await ask(node, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^NOREPLICAS/) })
    } finally {
      await admin.configSet('min-replicas-to-write', '0')
    }
    expect(await admin.exists('new')).toBe(0)
  })

  test('BUSY is the failed vote of a server blocked by the script of another client', async () => {
    const blocker = await open(fleet.urls[0]!)
    await admin.sendCommand(['CONFIG', 'SET', 'lua-time-limit', '1'])
    const blocked = blocker.eval('while true do end').catch((error: unknown) => String(error))
    try {
      await eventually(async () => {
        await expect(admin.ping()).rejects.toThrow('BUSY')
      })
      const reply = await ask(node, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^BUSY/) })
    } finally {
      await admin.sendCommand(['SCRIPT', 'KILL'])
      await blocked
      await admin.sendCommand(['CONFIG', 'SET', 'lua-time-limit', '5000'])
      blocker.destroy()
    }
    expect(await admin.exists('new')).toBe(0)
  })

  test('LOADING is the failed vote of a server that loads its data', async () => {
    const slow = fleet.nodes[1]!
    const there = await open(slow.url)
    // Redis 6.2 processes events every two megabytes while loading, which cannot be configured.
    await there.configSet('loading-process-events-interval-bytes', '1024').catch(() => undefined)
    await there.configSet('rdbcompression', 'no')
    await there.configSet('key-load-delay', '1000')
    await there.sendCommand(['DEBUG', 'POPULATE', '2000', 'k', '4096'])
    const loading = there.sendCommand(['DEBUG', 'RELOAD']).catch(() => undefined)
    const other = await open(slow.url)
    const late = nodeRedisNode(other)
    await eventually(async () => {
      const reply = await ask(late, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^LOADING/) })
    })
    await there.configSet('key-load-delay', '0').catch(() => undefined)
    await loading
    await late.close?.()
    there.destroy()
    other.destroy()
  })

  test('NOAUTH and NOPERM are misuse', async () => {
    await admin.sendCommand(['ACL', 'SETUSER', 'guest', 'on', '>guest', '~mine:*', '~{mine:*', '&*', '+@all'])
    const guest = await open(fleet.urls[0]!, { username: 'guest', password: 'guest' })
    const guestNode = nodeRedisNode(guest)
    // A key without permission does not affect the other keys.
    const replies = await askAll(guestNode, acquire('mine:1'), acquire('others:1'), acquire('mine:2'))
    expect(replies.map(({ vote }) => vote)).toEqual(['granted', 'failed', 'granted'])
    expect(replies[1]).toMatchObject({ misuse: true, reason: expect.stringMatching(/^NOPERM/) })
    await admin.sendCommand(['ACL', 'SETUSER', 'guest', '-evalsha', '-eval'])
    expect(await ask(guestNode, acquire('mine:3'))).toMatchObject({ vote: 'failed', misuse: true })
    await admin.sendCommand(['ACL', 'DELUSER', 'guest'])
    await guestNode.close?.()
    guest.destroy()
  })
})

describe('a lost connection', () => {
  test('a command is unknown if the server cuts the connection before it answers', async () => {
    const [url = ''] = fleet.urls
    const cut = await open(url, { disableOfflineQueue: true })
    const cutNode = nodeRedisNode(cut)
    const id = await cut.clientId()
    await ask(cutNode, acquire('warm'))
    // Paused clients are served later, so the command is in flight.
    await admin.sendCommand(['CLIENT', 'PAUSE', '10000', 'WRITE'])
    const reply = ask(cutNode, acquire('new'))
    await eventually(async () => {
      expect(await admin.sendCommand(['CLIENT', 'LIST', 'ID', String(id)])).toContain('cmd=evalsha')
    })
    await admin.sendCommand(['CLIENT', 'KILL', 'ID', String(id)])
    expect(await reply).toMatchObject({ vote: 'unknown' })
    await admin.sendCommand(['CLIENT', 'UNPAUSE'])
    await cutNode.close?.()
    cut.destroy()
  })

  test('a command without a connection fails, because it was never sent', async () => {
    const away = await open(fleet.urls[1]!)
    const awayNode = nodeRedisNode(away)
    await ask(awayNode, acquire('a'))
    await fleet.nodes[1]?.kill()
    await eventually(async () => expect(awayNode.connected).toBe(false))
    expect(await ask(awayNode, acquire('b'))).toEqual({ vote: 'failed', reason: 'not connected' })
    await fleet.nodes[1]?.restart()
    await eventually(async () => expect(awayNode.connected).toBe(true))
    // The offline queue of the user's client contains no command of the node.
    expect(await away.exists('b')).toBe(0)
    await awayNode.close?.()
    away.destroy()
  })
})
