import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { LockLostError, LockMisuseError } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { until } from '../../../src/fleet/until.js'
import { everywhere, openBench, type Bench } from '../../support/bench.js'
import { startStopwatch } from '../../support/stopwatch.js'

const ttl = 1_000
let fleet: Fleet
let bench: Bench

beforeEach(async () => {
  fleet = await startFleet()
  bench = await openBench(fleet.urls, { ttl, wait: 500 })
})
afterEach(async () => {
  await bench[Symbol.asyncDispose]()
  await fleet.dispose()
})
const hit = (nodes: number, act: (node: Fleet['nodes'][number]) => Promise<unknown>): Promise<unknown> =>
  Promise.all(fleet.nodes.slice(0, nodes).map(act))

test('a holder that is cut off from a majority loses the lock by its deadline, and the other side acquires it only afterwards', async () => {
  const other = await openBench(await fleet.lane('other'), { ttl, wait: 5_000 })
  try {
    await other.redlock.using('warm', () => undefined)
    const lock = await bench.redlock.acquire('orders')
    const lost = new Promise<number>((resolve) => {
      lock.signal.addEventListener('abort', () => resolve(performance.now()))
    })
    // Only the lane of this client.
    const sinceCut = startStopwatch()
    await hit(3, async (node) => (await node.lane('')).impose('both', { stalled: true }))
    const taken = await other.redlock.acquire('orders')
    const takenAt = performance.now()
    const tookSinceCut = sinceCut()
    expect(await lost).toBeLessThanOrEqual(takenAt)
    expect(tookSinceCut).toBeLessThan(2 * ttl + 1_000)
    expect(lock.signal.reason).toBeInstanceOf(LockLostError)
    expect(lock.held).toBe(false)
    await taken.release()
  } finally {
    await other[Symbol.asyncDispose]()
  }
})

test('a reply that is lost after the command was applied leaves no key behind', async () => {
  await hit(3, (node) => node.inject('lose reply', { command: 'EVALSHA', nth: 1 }))
  await bench.redlock.using('orders', () => undefined).catch(() => undefined)
  await until(async () => {
    const left = await Promise.all(fleet.nodes.map((node) => node.command('EXISTS', 'lock:orders')))
    if (left.includes('1')) throw new Error(`The key is still there: ${left.join(' ')}`)
  }, ttl * 1.5)
})

test('a key of another type on a majority is misuse, not an outage', async () => {
  await hit(3, (node) => node.inject('wrong type', { key: 'lock:orders' }))
  await expect(bench.redlock.acquire('orders')).rejects.toBeInstanceOf(LockMisuseError)
})

test('when two nodes are flushed, no other client gets the lock, and its holder keeps it', async () => {
  const lock = await bench.redlock.acquire('orders')
  await everywhere(lock)
  await hit(2, (node) => node.flush())
  expect(await bench.redlock.tryAcquire('orders')).toBeNull()
  await lock.extend()
  lock.assertHeld()
})

test('when a majority is flushed, the holder is notified', async () => {
  const lock = await bench.redlock.acquire('orders')
  await everywhere(lock)
  await hit(3, (node) => node.flush())
  await expect(lock.extend()).rejects.toBeInstanceOf(LockLostError)
  expect(lock.signal.aborted).toBe(true)
})

test('a clock that jumps on two nodes is reported, and the holder keeps its lock', async () => {
  const lock = await bench.redlock.acquire('orders')
  await everywhere(lock)
  await hit(2, (node) => node.stepClock(60_000))
  await lock.extend()
  lock.assertHeld()
  // The extension does not wait for the slowest node, which may be one of the two.
  await until(async () => {
    const steps = bench.redlock.health().map(({ clockStep = 0 }) => clockStep)
    expect(steps.filter((step) => step > 50_000)).toHaveLength(2)
  }, ttl)
})
