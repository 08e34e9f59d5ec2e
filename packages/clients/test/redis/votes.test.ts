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

describe('what a server refuses is a vote with a reason', () => {
  test('WRONGTYPE: a key that is no lock is the mistake of whoever chose the name, and spoils no other command', async () => {
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

  test('OOM: nothing is taken, but what is held can be extended and given back', async () => {
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

  test('READONLY: a replica grants nothing', async () => {
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

  test('MASTERDOWN: nor does one that has lost its master', async () => {
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

  test('NOREPLICAS: a server that wants replicas it does not have', async () => {
    await admin.configSet('min-replicas-to-write', '1')
    try {
      const reply = await ask(node, acquire('new'))
      expect(reply).toMatchObject({ vote: 'failed', reason: expect.stringMatching(/^NOREPLICAS/) })
    } finally {
      await admin.configSet('min-replicas-to-write', '0')
    }
    expect(await admin.exists('new')).toBe(0)
  })

  test('BUSY: a server that somebody else keeps busy with a script', async () => {
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

  test('LOADING: a server that reads its data', async () => {
    const slow = fleet.nodes[1]!
    const there = await open(slow.url)
    // Redis 6.2 looks up from loading every two megabytes, and cannot be told otherwise.
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

  test('NOAUTH and NOPERM: the connection may not do this, and trying again does not help', async () => {
    await admin.sendCommand(['ACL', 'SETUSER', 'guest', 'on', '>guest', '~mine:*', '~{mine:*', '&*', '+@all'])
    const guest = await open(fleet.urls[0]!, { username: 'guest', password: 'guest' })
    const guestNode = nodeRedisNode(guest)
    // One that may not be touched does not spoil those beside it.
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

describe('what happened is unknown', () => {
  test('when the server cuts the connection of a command that it has not answered', async () => {
    const [url = ''] = fleet.urls
    const cut = await open(url, { disableOfflineQueue: true })
    const cutNode = nodeRedisNode(cut)
    const id = await cut.clientId()
    await ask(cutNode, acquire('warm'))
    // Paused clients are served later: the command is on its way and unanswered.
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

  test('but not for what came while there was no connection: that was never sent', async () => {
    const away = await open(fleet.urls[1]!)
    const awayNode = nodeRedisNode(away)
    await ask(awayNode, acquire('a'))
    await fleet.nodes[1]?.kill()
    await eventually(async () => expect(awayNode.connected).toBe(false))
    expect(await ask(awayNode, acquire('b'))).toEqual({ vote: 'failed', reason: 'not connected' })
    await fleet.nodes[1]?.restart()
    await eventually(async () => expect(awayNode.connected).toBe(true))
    // The user's own offline queue has nothing of ours.
    expect(await away.exists('b')).toBe(0)
    await awayNode.close?.()
    away.destroy()
  })
})
