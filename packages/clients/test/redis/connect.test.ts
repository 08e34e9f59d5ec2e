import { hostname } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { QuorumUnavailableError, type Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { connect } from '@quorumlock/clients'
import { deafServer } from '../support/deaf-server.js'
import { eventually } from '../support/eventually.js'
import { open as openClient, type Client } from '../support/servers.js'

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet({ nodes: 3, backend: 'processes' })
  // The nodes that are connected first found a fleet. A node that connects after the first lock is a newcomer, and cannot
  // vote for as long as that lock may live.
  const founder = await connect(fleet.urls)
  await eventually(async () => {
    for (const { state } of founder.health()) expect(state).toBe('up')
  })
  await founder.close()
})
afterAll(() => fleet.dispose())

const open: Redlock[] = []
const admins: Client[] = []

/** Connects a client that is closed after the test, even if the test fails. */
async function opened(...args: Parameters<typeof connect>): Promise<Redlock> {
  const redlock = await connect(...args)
  open.push(redlock)
  return redlock
}

/** A client of the first node, to observe the other clients. */
async function administrator(): Promise<Client> {
  const client = await openClient(fleet.urls[0] as string)
  admins.push(client)
  return client
}

afterEach(async () => {
  for (const admin of admins.splice(0)) admin.destroy()
  await Promise.all(open.splice(0).map((redlock) => redlock.close()))
  await fleet.heal()
})

describe('connect', () => {
  test('connect() returns a Redlock with its own connections, and close() ends them', async () => {
    const redlock = await opened(fleet.urls, { ttl: 10_000, clientName: 'connect-test' })
    const lock = await redlock.acquire('order:1')
    await expect(lock.release()).resolves.toBe('released')

    const observer = await administrator()
    const named = async (): Promise<number> =>
      (await observer.clientList()).filter(({ name }) => name === 'connect-test').length
    expect(await named()).toBe(1)
    await redlock.close()
    await eventually(async () => expect(await named()).toBe(0))
  })

  test('connect() resolves with a majority while another node is down', async () => {
    await fleet.nodes[2]?.kill()
    const redlock = await opened(fleet.urls, { connectTimeout: 60_000 })
    await (await redlock.acquire('order:2')).release()

    await fleet.nodes[2]?.restart()
    await eventually(async () => expect(redlock.health().map(({ state }) => state)).not.toContain('down'))
    await redlock.close()
  })

  test('connect() labels locks with host and process by default, with the given label, or not at all', async () => {
    const seen = async (label?: string | false, ofCall?: string): Promise<string | undefined> => {
      const redlock = await opened(fleet.urls, { label })
      await using lock = await redlock.acquire('labelled', { label: ofCall })
      return (await redlock.inspect(lock.resources[0]!)).nodes[0]?.label
    }
    expect(await seen()).toBe(`${hostname()}:${process.pid}`)
    expect(await seen('mine')).toBe('mine')
    expect(await seen('mine', 'of the call')).toBe('of the call')
    expect(await seen(false)).toBeUndefined()
    await expect(opened(fleet.urls, { label: '' })).rejects.toThrow('`label`')
  })

  test('connect() does not wait for a node that accepts connections and never responds', async () => {
    using deaf = await deafServer()
    const redlock = await opened([...fleet.urls.slice(0, 2), deaf.url], { connectTimeout: 60_000 })
    await (await redlock.acquire('order:3')).release()
    await redlock.close()
  })

  test('connect() without a majority in time rejects with nodes and reasons, and leaves no connection open', async () => {
    using deaf = await deafServer()
    const nodes = [fleet.urls[0] as string, 'redis://user:secret@127.0.0.1:1', deaf.url]
    const failure = await connect(nodes, { connectTimeout: 2_000 }).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(QuorumUnavailableError)
    const { message } = failure as Error
    expect(message).toContain('2 of 3 nodes are needed')
    expect(message).toContain('127.0.0.1:1 (')
    expect(message).toContain('ECONNREFUSED')
    expect(message).not.toContain('secret')
    await eventually(async () => expect(deaf.sockets.size).toBe(0))
  })

  test('connect() logs in with the user and password of the URL, of the object, or of the options', async () => {
    const admin = await administrator()
    await admin.sendCommand(['ACL', 'SETUSER', 'ada', 'on', '>pa:ss@word', '~*', '&*', '+@all'])
    const [url = ''] = fleet.urls
    const ways = [
      connect([url.replace('//', `//ada:${encodeURIComponent('pa:ss@word')}@`)]),
      connect([{ url, username: 'ada', password: 'pa:ss@word' }]),
      connect([url], { username: 'ada', password: 'pa:ss@word' }),
    ]
    for (const redlock of await Promise.all(ways)) {
      expect((await admin.clientList()).filter(({ user }) => user === 'ada').length).toBeGreaterThan(0)
      await redlock.close()
    }
    const wrong = { username: 'ada', password: 'wrong', connectTimeout: 2_000 }
    await expect(connect([url], wrong)).rejects.toThrow('WRONGPASS')
  })

  test('connect() restores a connection that the server has cut', async () => {
    // A separate prefix, because under the usual one the node belongs to a fleet of three.
    const redlock = await opened([fleet.urls[0] as string], { clientName: 'cut', keyPrefix: 'cut:' })
    const admin = await administrator()
    const { id } = (await admin.clientList()).find(({ name }) => name === 'cut') ?? { id: 0 }
    await admin.sendCommand(['CLIENT', 'KILL', 'ID', String(id)])
    await eventually(async () => {
      const lock = await redlock.acquire('order:4', { wait: 100 })
      await lock.release()
    })
    await redlock.close()
  })

  test('a dead peer counts as down, and an idle one does not', async () => {
    // A separate prefix, because another test founded a fleet on one node, to which the other nodes are newcomers.
    const redlock = await opened(fleet.urls, { pingInterval: 100, socketTimeout: 2_000, keyPrefix: 'dead:' })
    const states = (): string[] => redlock.health().map(({ state }) => state)
    await eventually(async () => expect(states()).toEqual(['up', 'up', 'up']))
    await fleet.nodes[0]?.pause()
    await eventually(async () => expect(states()[0]).toBe('down'))
    expect(states().slice(1)).toEqual(['up', 'up'])
    await fleet.nodes[0]?.resume()
    await eventually(async () => expect(redlock.health()[0]?.state).toBe('up'))
    await redlock.close()
  })
})
