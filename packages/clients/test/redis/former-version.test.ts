import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Redlock } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { open, type Client } from '../support/servers.js'

/** Where version 0.1 kept its marker, and where it is kept now. */
const FORMER = 'lock::quorumlock:fleet'
const MARKER = 'lock::quorumlock:marker'

let fleet: Fleet
let clients: Client[]
let redlock: Redlock
beforeEach(async () => {
  fleet = await startFleet({ nodes: 3, backend: 'processes' })
  clients = await Promise.all(fleet.urls.map((url) => open(url)))
  redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)), ttl: 5_000, wait: 0 })
})
afterEach(async () => {
  await redlock.close()
  for (const client of clients) client.destroy()
  await fleet.dispose()
})

/** As version 0.1 wrote it. */
async function markAsFormerly(client: Client, quarantine?: number): Promise<void> {
  const run = /run_id:(\w+)/.exec(await client.info('server'))![1]!
  const until = quarantine === undefined ? {} : { until: Date.now() + quarantine }
  await client.hSet(FORMER, { fleet: 'f', run, longest: 7_000, highest: 41, floor: 40, ...until })
}

/** The first command of a client of version 0.1, which then reports misuse. */
const lookFormerly = (client: Client): Promise<unknown> => client.hmGet(FORMER, ['run', 'until', 'longest'])

test('the marker of version 0.1 is taken over with what it has recorded, and its clients stop with an error', async () => {
  for (const client of clients) await markAsFormerly(client)
  const lock = await redlock.acquire('a', { fencing: true })
  expect(lock.token).toBeGreaterThan(41n)
  for (const client of clients) {
    expect(await client.hGetAll(MARKER)).toMatchObject({ fleet: 'f', longest: '7000', floor: '40' })
    await expect(lookFormerly(client)).rejects.toThrow('WRONGTYPE')
    expect((await client.zRange(FORMER, 0, -1)).join()).toMatch(
      /quorumlock 0\.2 or newer.*replace every process/,
    )
  }
})

test('a quarantine that version 0.1 has imposed is kept', async () => {
  for (const client of clients.slice(0, 2)) await markAsFormerly(client, 60_000)
  await markAsFormerly(clients[2]!)
  await expect(redlock.acquire('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(redlock.health().filter(({ state }) => state === 'quarantined')).toHaveLength(2)
})

test('neither marker can be locked or released by its name', async () => {
  await redlock.acquire('a')
  for (const resource of [':quorumlock:fleet', ':quorumlock:marker']) {
    await expect(redlock.acquire(resource)).rejects.toMatchObject({ code: 'MISUSE' })
    await expect(redlock.forceRelease(resource)).rejects.toThrow('WRONGTYPE')
  }
  for (const client of clients) expect(await client.exists([FORMER, MARKER])).toBe(2)
})

test('locks of version 0.1 stay locked', async () => {
  for (const client of clients) {
    await markAsFormerly(client)
    await client.set('lock:a', 'its value', { expiration: { type: 'PX', value: 60_000 } })
  }
  expect(await redlock.tryAcquire('a')).toBeNull()
  await expect(redlock.acquire('b')).resolves.toBeDefined()
})

test('in a fleet that is new, clients of version 0.1 stop with an error too', async () => {
  await redlock.acquire('a')
  for (const client of clients) await expect(lookFormerly(client)).rejects.toThrow('WRONGTYPE')
  // And if everything is lost, with a fleet that 0.1 has founded in the meantime.
  await Promise.all(clients.map((client) => client.flushAll()))
  for (const client of clients) await markAsFormerly(client)
  const other = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)), wait: 0 })
  await expect(other.acquire('b')).resolves.toBeDefined()
  for (const client of clients) await expect(lookFormerly(client)).rejects.toThrow('WRONGTYPE')
  await other.close()
})
