import { beforeEach, describe, expect, test } from '@jest/globals'
import { ReconnectingSubscriber, type SubscribingConnection } from '../../../src/redis/subscriber.js'

/** A connection whose fate comes from the test. */
class FakeConnection implements SubscribingConnection {
  readonly calls: string[] = []
  readonly listeners = new Map<string, (text: string) => void>()
  refuses = false
  ready = (): void => undefined

  constructor(readonly restores: boolean) {}

  async connect(): Promise<void> {
    this.calls.push('connect')
    if (this.refuses) throw new Error('refused')
  }
  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    this.calls.push(`subscribe ${channel}`)
    this.listeners.set(channel, listener)
    if (this.refuses) throw new Error('refused')
  }
  async unsubscribe(channel: string): Promise<void> {
    this.calls.push(`unsubscribe ${channel}`)
  }
  close(): void {
    this.calls.push('close')
  }
  onReady(listener: () => void): void {
    this.ready = listener
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let events: string[]
beforeEach(() => {
  events = []
})
const observer = {
  live: () => events.push('live'),
  message: (id: string) => events.push(id),
}

describe.each([
  ['restores subscriptions', true],
  ['does not restore subscriptions', false],
])('a subscriber over a client that %s', (_, restores) => {
  test('notifies its observers after each reconnect, and passes each message once', async () => {
    const connection = new FakeConnection(restores)
    const subscriber = new ReconnectingSubscriber(connection)
    subscriber.subscribe('a', observer)
    await tick()
    expect(connection.calls).toEqual(['connect', 'subscribe a'])
    connection.ready()
    await tick()
    expect(connection.calls.slice(2)).toEqual(restores ? [] : ['subscribe a'])
    connection.listeners.get('a')?.('a#1')
    expect(events).toEqual(['live', 'live', 'a#1'])
  })

  test('unsubscribes only with the last observer of a channel', async () => {
    const connection = new FakeConnection(restores)
    const subscriber = new ReconnectingSubscriber(connection)
    await tick()
    const stop = subscriber.subscribe('a', observer)
    const stopOther = subscriber.subscribe('a', { ...observer })
    stop()
    expect(connection.calls).not.toContain('unsubscribe a')
    stopOther()
    expect(connection.calls).toContain('unsubscribe a')
  })
})

test('a subscriber whose client gave up connecting connects again with the next subscription', async () => {
  const connection = new FakeConnection(true)
  connection.refuses = true
  const subscriber = new ReconnectingSubscriber(connection)
  await tick()
  connection.refuses = false
  subscriber.subscribe('a', observer)
  await tick()
  expect(connection.calls).toEqual(['connect', 'connect', 'subscribe a'])
  expect(events).toEqual(['live'])
})

test('a subscription that failed is repeated after the next reconnect', async () => {
  const connection = new FakeConnection(true)
  const subscriber = new ReconnectingSubscriber(connection)
  await tick()
  connection.refuses = true
  subscriber.subscribe('a', observer)
  await tick()
  connection.refuses = false
  connection.ready()
  await tick()
  expect(connection.calls).toEqual(['connect', 'subscribe a', 'subscribe a'])
  expect(events).toEqual(['live'])
})

test('a closed subscriber closes its connection once and sends nothing more', async () => {
  const connection = new FakeConnection(false)
  const subscriber = new ReconnectingSubscriber(connection)
  const stop = subscriber.subscribe('a', observer)
  await tick()
  await subscriber.close()
  await subscriber.close()
  connection.ready()
  stop()
  expect(connection.calls).toEqual(['connect', 'subscribe a', 'close'])
})
