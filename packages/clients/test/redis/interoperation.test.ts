import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LockContendedError, Redlock } from '@quorumlock/core'
import { nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis5'
import NodeRedlock from 'redlock'
import { open, type Client } from '../support/servers.js'

let fleet: Fleet
let ours: Client[]
let theirs: Redis[]
let redlock: Redlock
let nodeRedlock: InstanceType<typeof NodeRedlock>

beforeAll(async () => {
  fleet = await startFleet({ nodes: 5, backend: 'processes' })
  ours = await Promise.all(fleet.urls.map((url) => open(url)))
  theirs = fleet.urls.map((url) => new Redis(url))
  // The settings of the README for a mixed deployment.
  redlock = new Redlock({ nodes: ours.map((client) => nodeRedisNode(client)), keyPrefix: '', fair: false })
  nodeRedlock = new NodeRedlock(theirs as never, { retryCount: 0 })
  nodeRedlock.on('error', () => undefined)
})
afterAll(async () => {
  await redlock.close()
  for (const client of ours) client.destroy()
  for (const client of theirs) client.disconnect()
  await fleet.dispose()
})

describe('on the same keys as node-redlock 5', () => {
  test('a lock of node-redlock excludes quorumlock until it is released', async () => {
    const lock = await nodeRedlock.acquire(['shared:1'], 10_000)
    expect(await redlock.tryAcquire('shared:1')).toBeNull()
    await expect(redlock.acquire('shared:1', { wait: 500 })).rejects.toBeInstanceOf(LockContendedError)
    const waiting = redlock.acquire('shared:1', { wait: 5_000, retryInterval: 10 })
    await lock.release()
    await (await waiting).release()
  })

  test('a lock of quorumlock excludes node-redlock until it is released', async () => {
    const lock = await redlock.acquire('shared:2', { ttl: 10_000 })
    await expect(nodeRedlock.acquire(['shared:2'], 10_000)).rejects.toThrow()
    await lock.release()
    await (await nodeRedlock.acquire(['shared:2'], 10_000)).release()
  })

  test('neither quorumlock nor node-redlock can release a lock of the other', async () => {
    const lock = await redlock.acquire('shared:3', { ttl: 10_000 })
    const foreign = await nodeRedlock.acquire(['shared:4'], 10_000)
    expect(await ours[0]!.get('shared:3')).toBe(lock.value)
    expect(await ours[0]!.get('shared:4')).toBe(foreign.value)
    foreign.resources.push('shared:3')
    await foreign.release().catch(() => undefined)
    expect(await ours[0]!.get('shared:3')).toBe(lock.value)
    expect(lock.held).toBe(true)
    await lock.release()
  })

  test('several resources locked by node-redlock exclude overlapping resources in quorumlock', async () => {
    const foreign = await nodeRedlock.acquire(['shared:5', 'shared:6'], 10_000)
    expect(await redlock.tryAcquire(['shared:6', 'shared:7'])).toBeNull()
    await (await redlock.acquire('shared:7', { wait: 0 })).release()
    await foreign.release()
    await (await redlock.acquire(['shared:6', 'shared:7'], { wait: 0 })).release()
  })
})
