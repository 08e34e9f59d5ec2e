import { afterEach, expect, test } from '@jest/globals'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
} from '@opentelemetry/sdk-metrics'
import { instrument, type Instrumentation, type InstrumentOptions } from '../../../src/opentelemetry.js'
import { World } from '../../support/world.js'

/** The number of a counter, or the summary of a histogram. */
type Value = number & { readonly sum: number; readonly count: number }

const running: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** The real SDK, read on demand. */
function measure(options: InstrumentOptions = {}) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const instrumentation: Instrumentation = instrument({ meter: provider.getMeter('test'), ...options })
  running.push(
    () => instrumentation.disable(),
    () => provider.shutdown(),
  )
  const read = async (name: string): Promise<DataPoint<Value>[]> => {
    exporter.reset()
    await reader.forceFlush()
    const found = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .find(({ descriptor }) => descriptor.name === name)
    return (found?.dataPoints ?? []) as unknown as DataPoint<Value>[]
  }
  const points = async (name: string) =>
    (await read(name)).map(({ value, attributes }) => [value, attributes] as const)
  return { points, read, instrumentation }
}

test('acquisitions are counted by outcome and measured in seconds', async () => {
  const world = new World(3)
  const { points, read } = measure()
  const client = world.client()
  const lock = await world.clock.run(client.acquire('a'))
  await world.clock.run(client.tryAcquire('a'))
  await world.clock.runToError(world.client().acquire('a', { wait: 2_000 }))
  expect(await points('quorumlock.acquire.outcomes')).toEqual([
    [1, { 'quorumlock.outcome': 'acquired', 'quorumlock.mode': 'wait' }],
    [1, { 'quorumlock.outcome': 'contended', 'quorumlock.mode': 'try' }],
    [1, { 'quorumlock.outcome': 'contended', 'quorumlock.mode': 'wait' }],
  ])
  const durations = await read('quorumlock.acquire.duration')
  const waited = durations.find(
    ({ attributes }) =>
      attributes['quorumlock.outcome'] === 'contended' && attributes['quorumlock.mode'] === 'wait',
  )
  expect(waited!.value.sum).toBeCloseTo(2, 1)
  await world.clock.run(lock.release())
})

test('metrics show how many locks are held, for how long they were held, and how many were lost', async () => {
  const world = new World(3)
  const client = world.client()
  const early = await world.clock.run(client.acquire('early'))
  const { points, read } = measure()
  const [released, lost, detached] = await world.clock.run(
    Promise.all(['a', 'b', 'c'].map((name) => client.acquire(name))),
  )
  expect(await points('quorumlock.held')).toEqual([[3, {}]])
  await world.clock.advance(4_000)
  await world.clock.run(released!.release())
  await world.clock.run(client.forceRelease('b'))
  detached!.detach()
  await world.clock.run(early.release())
  expect(lost!.held).toBe(false)
  expect(await points('quorumlock.held')).toEqual([[0, {}]])
  expect(await points('quorumlock.lost')).toEqual([[1, { 'quorumlock.reason': 'forced' }]])
  const holds = await read('quorumlock.hold.duration')
  expect(
    holds.map(({ attributes, value }) => [attributes['quorumlock.end'], value.count, value.sum]),
  ).toEqual([
    ['released', 1, 4],
    ['lost', 1, 4],
    ['detached', 1, 4],
  ])
})

test('the state of the nodes of the given clients is observed', async () => {
  const world = new World(3)
  const client = world.client()
  const { points, read } = measure({ clients: [client] })
  await world.clock.run(client.acquire('a'))
  world.node(1).disconnect()
  expect(await points('quorumlock.node.up')).toEqual([
    [1, { 'quorumlock.node': 'n1', 'quorumlock.state': 'up' }],
    [0, { 'quorumlock.node': 'n2', 'quorumlock.state': 'down' }],
    [1, { 'quorumlock.node': 'n3', 'quorumlock.state': 'up' }],
  ])
  expect(await read('quorumlock.node.round_trip')).toHaveLength(3)
  expect(await points('quorumlock.node.events')).toEqual([
    [1, { 'quorumlock.node': 'n2', 'quorumlock.change': 'disconnected' }],
  ])
})

test('no attribute names a resource unless the `attributes` option returns one', async () => {
  const world = new World(3)
  const client = world.client()
  const plain = measure()
  const named = measure({ attributes: ([resource]) => ({ kind: resource!.split(':')[0]! }) })
  await world.clock.run(client.using('order:7', () => undefined))
  for (const name of ['acquire.outcomes', 'acquire.duration', 'hold.duration', 'held']) {
    expect(JSON.stringify(await plain.points(`quorumlock.${name}`))).not.toContain('order')
    expect((await named.points(`quorumlock.${name}`))[0]![1]).toMatchObject({ kind: 'order' })
  }
})

test('disabled instrumentation records nothing more', async () => {
  const world = new World(3)
  const { points, instrumentation } = measure()
  instrumentation.disable()
  instrumentation[Symbol.dispose]()
  await world.clock.run(world.client().acquire('a'))
  expect(await points('quorumlock.acquire.outcomes')).toEqual([])
})

test('invalid arguments are rejected by name', () => {
  expect(() => instrument({ attributes: {} as never })).toThrow('Expected `attributes` to be a function')
  expect(() => instrument({ clients: {} as never })).toThrow('Expected `clients` to be an array')
})
