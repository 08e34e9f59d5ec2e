import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Redlock, type LockNode, type NodeCommand, type NodeReply } from '@quorumlock/core'
import { daprNode } from '@quorumlock/clients'
import { lockNodeConformance } from '@quorumlock/testing'
import { eventually } from '../../support/eventually.js'
import { startDaprStandIn, type DaprStandIn } from '../../support/dapr-stand-in.js'

lockNodeConformance(
  'a Dapr lock store',
  async () => {
    const dapr = await startDaprStandIn()
    // Speed is not tested here, and 600 concurrent requests may take long on a busy machine.
    const node = daprNode({ store: 'lockstore', address: dapr.address, requestTimeout: 120_000 })
    return { node, dispose: () => dapr.close() }
  },
  { lacks: ['extend', 'multiKey', 'queue', 'fencing', 'marker', 'inspect', 'list'] },
)

describe('a Dapr node', () => {
  let dapr: DaprStandIn
  beforeEach(async () => {
    dapr = await startDaprStandIn()
  })
  afterEach(() => dapr.close())

  const ask = (node: LockNode, command: NodeCommand): Promise<NodeReply> =>
    new Promise((resolve) => node.send(command, resolve))
  const acquire = (key: string, ttl = 1_500): NodeCommand => ({
    kind: 'acquire',
    keys: [key],
    value: 'v',
    ttl,
    queue: 'ignore',
  })

  test('a Dapr node requests whole seconds, rounded up, under the name of its owner', async () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address, owner: 'worker-7' })
    await ask(node, acquire('a/b ü', 1_500))
    expect(dapr.locks).toEqual(['lockstore a/b ü worker-7:v 2'])
  })

  test('a Dapr node works with a Redlock that does not extend', async () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address })
    const redlock = new Redlock({ nodes: [node], ttl: 60_000, autoExtend: false })
    const lock = await redlock.acquire('order:42')
    expect(await redlock.tryAcquire('order:42')).toBeNull()
    expect(await lock.release()).toBe('released')
    await (await redlock.acquire('order:42')).release()
    await redlock.close()
  })

  test('a Redlock that extends rejects a Dapr node, and the error names the option to change', () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address })
    expect(() => new Redlock({ nodes: [node] })).toThrow(/autoExtend: false/)
    expect(() => new Redlock({ nodes: [node], autoExtend: false, fencing: true })).toThrow(/fencing/)
  })

  test('extend() on a Dapr node is rejected as unsupported', async () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address })
    const redlock = new Redlock({ nodes: [node], autoExtend: false })
    const lock = await redlock.acquire('order:42')
    await expect(lock.extend()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await redlock.close()
  })

  test('a missing store is misuse, but a missing sidecar is not', async () => {
    const reply = await ask(daprNode({ store: 'nowhere', address: dapr.address }), acquire('a'))
    expect(reply).toMatchObject({ vote: 'failed', misuse: true })
    const gone = await startDaprStandIn()
    gone.close()
    const away = daprNode({ store: 'lockstore', address: gone.address })
    expect(await ask(away, acquire('a'))).toMatchObject({ vote: 'failed' })
    expect(await ask(away, acquire('a'))).not.toHaveProperty('misuse')
  })

  test('the vote is unknown if the connection breaks, the sidecar fails, or the response is unexpected', async () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address })
    dapr.answerOnce('drop')
    expect(await ask(node, acquire('a'))).toMatchObject({ vote: 'unknown' })
    dapr.answerOnce({ status: 500, body: { errorCode: 'ERR_TRY_LOCK', message: 'redis: timeout' } })
    expect(await ask(node, acquire('a'))).toMatchObject({
      vote: 'unknown',
      reason: 'Dapr returned ERR_TRY_LOCK: redis: timeout',
    })
    dapr.answerOnce({ status: 200, body: {} })
    expect(await ask(node, acquire('a'))).toMatchObject({ vote: 'unknown' })
    dapr.answerOnce({ status: 200, body: { status: 3 } })
    expect(await ask(node, { kind: 'release', keys: ['a'], value: 'v' })).toMatchObject({ vote: 'unknown' })
  })

  test('a Dapr node has at most 128 requests in flight', async () => {
    const node = daprNode({ store: 'lockstore', address: dapr.address })
    const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`)
    const letGo = dapr.hold()
    const replies = Promise.all(keys.map((key) => ask(node, acquire(key))))
    await eventually(async () => expect(dapr.mostAtOnce).toBeGreaterThanOrEqual(128))
    letGo()
    expect((await replies).every(({ vote }) => vote === 'granted')).toBe(true)
    expect(dapr.mostAtOnce).toBe(128)
  })

  test('close() aborts the requests in flight', async () => {
    const deaf = daprNode({ store: 'lockstore', address: dapr.address })
    const reply = ask(deaf, acquire('a'))
    await deaf.close?.()
    expect(['granted', 'unknown']).toContain((await reply).vote)
  })

  test.each([
    ['no store', { store: '' }, '`store`'],
    ['an invalid address', { store: 's', address: 'localhost:3500' }, '`address`'],
    ['an empty name', { store: 's', name: '' }, '`name`'],
  ])('daprNode() rejects %s, and names the option', (_what, options, named) => {
    expect(() => daprNode(options)).toThrow(named)
  })
})
