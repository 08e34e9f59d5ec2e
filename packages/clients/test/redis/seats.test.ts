import { afterEach, expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import type { Redlock, RedlockOptions } from '@quorumlock/core'
import { startFleet } from '@quorumlock/testing'
import { eventually } from '../support/eventually.js'

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const NAMES = ['eu', 'us', 'ap', 'sa', 'af']

/** Six servers: five of a fleet, and one that takes the place of the first one while that lives on. */
async function sixServers() {
  const fleet = await startFleet({ nodes: 6, backend: 'processes' })
  open.push(() => fleet.dispose())
  const client = async (first: number, options: Partial<RedlockOptions> = {}): Promise<Redlock> => {
    const nodes = NAMES.map((name, index) => ({
      name,
      url: fleet.urls[index === 0 ? first : index] as string,
    }))
    const redlock = await connect(nodes, options)
    open.push(() => redlock.close())
    return redlock
  }
  return { fleet, client }
}

const states = (redlock: Redlock) => redlock.health().map(({ state }) => state)

test('a deposed server that lives on does not vote beside its successor, and held locks go on', async () => {
  const { fleet, client } = await sixServers()
  const old = await client(0)
  const held = await old.acquire('held')
  await eventually(async () => expect(states(old)).toEqual(Array(5).fill('up')))

  const moved = await client(5)
  await eventually(async () => expect(states(moved)).toEqual(Array(5).fill('up')))

  // With the deposed server and the third and fourth node the old client would have a quorum, and so would the other one.
  await old.tryAcquire('anything')
  await eventually(async () => expect(states(old)[0]).toBe('suspect'))
  expect(old.health()[0]?.reason).toBe('its seat was taken by another server')
  expect(held.held).toBe(true)
  await held.extend()
  expect(await moved.tryAcquire('held')).toBeNull()

  const seats = async (at: number) => fleet.nodes[at]!.command('HGET', 'lock::quorumlock:marker', 'seats')
  const known = await seats(5)
  expect(JSON.parse(known)).toContainEqual(['eu', 2, expect.any(String), expect.any(String), 1])
  for (const at of [1, 2, 3, 4]) expect(await seats(at)).toEqual(known)
  await held.release()
}, 90_000)
