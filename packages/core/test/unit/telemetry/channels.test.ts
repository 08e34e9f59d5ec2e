import { afterEach, describe, expect, test } from '@jest/globals'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS, type ChannelPayloads } from '../../../src/index.js'
import { World } from '../../support/world.js'

type Payloads = ChannelPayloads[keyof ChannelPayloads]
/** All messages of all channels. */
type AnyPayload = {
  [Key in Payloads extends infer One ? (One extends unknown ? keyof One : never) : never]?: unknown
}
type Message = [string, AnyPayload]

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function listen(...names: string[]): Message[] {
  const messages: Message[] = []
  for (const name of names) {
    const receive = (message: unknown) => void messages.push([name, { ...(message as AnyPayload) }])
    subscribe(name, receive)
    stops.push(() => unsubscribe(name, receive))
  }
  return messages
}

const done = (name: string) => `tracing:${name}:asyncEnd`

describe('the tracing channels', () => {
  test('the tracing channels report a lock from its acquisition to its release as one hold', async () => {
    const world = new World(3)
    const messages = listen(done(CHANNELS.acquire), done(CHANNELS.extend), done(CHANNELS.release))
    const lock = await world.clock.run(world.client().acquire(['a', 'b'], { label: 'worker 7' }))
    await world.clock.advance(500)
    await world.clock.run(lock.extend(60_000))
    await world.clock.run(lock.release())
    const hold = messages[0]![1].hold as number
    expect(hold).toEqual(expect.any(Number))
    expect(messages).toMatchObject([
      [
        done(CHANNELS.acquire),
        { resources: ['a', 'b'], mode: 'wait', label: 'worker 7', outcome: 'acquired', duration: 0 },
      ],
      [done(CHANNELS.extend), { hold, ttl: 60_000, by: 'caller', outcome: 'renewed' }],
      [done(CHANNELS.release), { hold, heldFor: 500, outcome: 'released' }],
    ])
    expect(messages[0]![1].votes).toHaveLength(3)
  })

  test('the acquire channel reports how an acquisition failed', async () => {
    const world = new World(3)
    const messages = listen(done(CHANNELS.acquire))
    const client = world.client()
    await world.clock.run(client.acquire('a'))
    await world.clock.run(client.tryAcquire('a'))
    await world.clock.runToError(client.acquire('a', { wait: 50 }))
    await world.clock.runToError(client.acquire('a', { signal: AbortSignal.abort() }))
    for (const node of world.nodes) node.disconnect()
    await world.clock.runToError(client.acquire('b', { wait: 0 }))
    await world.clock.run(client.close())
    await world.clock.runToError(client.acquire('b'))
    expect(messages.map(([, { outcome }]) => outcome)).toEqual([
      'acquired',
      'contended',
      'contended',
      'aborted',
      'unavailable',
      'closed',
    ])
  })

  test('the extend channel distinguishes renewals from extensions by the holder', async () => {
    const world = new World(3)
    const messages = listen(done(CHANNELS.extend))
    const lock = await world.clock.run(world.client().acquire('a', { ttl: 3_000 }))
    await world.clock.advance(1_500)
    expect(messages.map(([, { by, outcome }]) => [by, outcome])).toEqual([['renewal', 'renewed']])
    await world.clock.run(lock.release())
  })
})

describe('the plain channels', () => {
  test('the lost channel reports a loss with its reason', async () => {
    const world = new World(3)
    const messages = listen(CHANNELS.lost)
    const client = world.client()
    const lock = await world.clock.run(client.acquire('a'))
    await world.clock.advance(100)
    await world.clock.run(client.forceRelease('a'))
    expect(messages).toMatchObject([
      [CHANNELS.lost, { resources: ['a'], reason: 'forced', heldFor: 100, error: { code: 'LOST' } }],
    ])
    expect(lock.held).toBe(false)
  })

  test('a lock that is detached because it was lost is reported as lost only', async () => {
    const world = new World(3)
    const messages = listen(CHANNELS.lost, CHANNELS.detach)
    const lock = await world.clock.run(world.client().acquire('a', { ttl: 1_000 }))
    lock.signal.addEventListener('abort', () => lock.detach())
    for (const node of world.nodes) node.disconnect()
    await world.clock.advance(2_000)
    expect(lock.held).toBe(false)
    expect(messages.map(([name]) => name)).not.toContain(CHANNELS.detach)
  })

  test('a detached lock that expires is not reported as lost', async () => {
    const world = new World(3)
    const messages = listen(CHANNELS.lost, CHANNELS.detach)
    const lock = await world.clock.run(world.client().acquire('a', { ttl: 1_000 }))
    lock.detach()
    lock.detach()
    await world.clock.advance(2_000)
    expect(messages.map(([name]) => name)).toEqual([CHANNELS.detach])
    expect(lock.signal.aborted).toBe(true)
  })

  test('the node channel reports changes of the nodes', async () => {
    const world = new World(3)
    const messages = listen(CHANNELS.node)
    const client = world.client({ guard: true })
    await world.clock.run(client.acquire('a', { ttl: 1_000 }))
    world.node(0).disconnect()
    world.node(0).reconnect()
    world.node(1).freeze()
    await world.clock.advance(1_000)
    world.node(1).thaw()
    await world.clock.advance(1_000)
    world.node(2).restart({ keep: false })
    await world.clock.advance(10_000)
    const changes = messages.map(([, { node, change }]) => `${node} ${change}`)
    expect(changes).toEqual([
      'n1 disconnected',
      'n1 connected',
      'n2 silent',
      'n2 answering',
      'n3 disconnected',
      'n3 connected',
      'n3 quarantined',
      'n3 restoring',
      'n3 admitted',
    ])
  })
})

test('no payload contains the value of a lock', async () => {
  const world = new World(3)
  const messages = listen(
    ...['start', 'end', 'asyncStart', 'asyncEnd', 'error'].flatMap((step) =>
      [CHANNELS.acquire, CHANNELS.extend, CHANNELS.release].map((name) => `tracing:${name}:${step}`),
    ),
    CHANNELS.lost,
    CHANNELS.detach,
  )
  const client = world.client()
  const lock = await world.clock.run(client.acquire('a', { fencing: true }))
  await world.clock.run(lock.extend())
  await world.clock.runToError(client.acquire('a', { wait: 10 }))
  const other = await world.clock.run(client.acquire('b'))
  await world.clock.run(client.forceRelease('b'))
  await world.clock.run(lock.release())
  const text = JSON.stringify(messages)
  expect(messages.length).toBeGreaterThan(15)
  expect(text).not.toContain(lock.value)
  expect(text).not.toContain(other.value)
})
