import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { checkMutualExclusion, machineNow, startFleet, type Fleet } from '@quorumlock/testing'
import { until } from '../../../src/fleet/until.js'
import { openBench, type Bench } from '../../support/bench.js'
import { startLockingProcess, type LockingProcess } from '../../support/locking-process.js'

const ttl = 1_000
let fleet: Fleet
let bench: Bench
let client: LockingProcess | undefined

beforeAll(async () => {
  fleet = await startFleet()
})
beforeEach(async () => {
  bench = await openBench(fleet.urls, { ttl, fencing: true })
  await bench.redlock.using('warm', () => undefined)
})
afterEach(async () => {
  client?.signal('SIGKILL')
  await client?.ended
  client = undefined
  await bench[Symbol.asyncDispose]()
  await fleet.heal()
})
afterAll(() => fleet.dispose())

const start = (role: string): LockingProcess => (client = startLockingProcess(role, fleet.urls, ttl))

/** Each trusted its lock for a time. These times must not overlap, and the later token must be higher. */
function inOrder(first: Readonly<Record<string, unknown>>, takenAt: number, token: bigint | undefined): void {
  const validUntil = Number(first['validUntil'])
  const { outcome, violations } = checkMutualExclusion([
    { client: 'a', attempt: 'a/1', at: 0, kind: 'asked', resource: 'orders' },
    { client: 'a', attempt: 'a/1', at: 1, kind: 'acquired', validUntil },
    { client: 'b', attempt: 'b/1', at: 2, kind: 'asked', resource: 'orders' },
    { client: 'b', attempt: 'b/1', at: takenAt, kind: 'acquired', validUntil: takenAt + ttl },
  ])
  expect(violations).toEqual([])
  expect(outcome).toBe('valid')
  expect(token).toBeGreaterThan(BigInt(String(first['token'])))
}

test('a process that was stopped beyond its TTL knows at its first instruction that it holds nothing, and tokens are ordered', async () => {
  const stopped = start('is stopped')
  const before = await stopped.next()
  expect(before['held']).toBe(true)
  stopped.signal('SIGSTOP')
  await isStopped(stopped.pid)
  const lock = await bench.redlock.acquire('orders', { wait: 5 * ttl })
  inOrder(before, machineNow(), lock.token)
  stopped.signal('SIGCONT')
  expect(await stopped.next()).toMatchObject({
    held: false,
    remaining: 0,
    refused: 'LOST',
    extended: 'LOST',
    aborted: true,
    released: 'expired',
  })
  // Its late commands have not affected the lock of the next holder.
  await lock.extend()
  lock.assertHeld()
  expect(await stopped.ended).toEqual({ code: 0, complaints: '' })
  expect(await lock.release()).toBe('released')
})

test('a process whose event loop was blocked beyond its TTL knows at its first instruction that it holds nothing', async () => {
  const blocked = start('blocks its event loop past the TTL')
  const before = await blocked.next()
  const lock = await bench.redlock.acquire('orders', { wait: 5 * ttl })
  inOrder(before, machineNow(), lock.token)
  expect(await blocked.next()).toMatchObject({
    held: false,
    remaining: 0,
    refused: 'LOST',
    extended: 'LOST',
    released: 'expired',
  })
  lock.assertHeld()
  expect(await lock.release()).toBe('released')
})

test('a process whose event loop was blocked for less than its TTL keeps its lock, and knows the remaining time', async () => {
  const blocked = start('blocks its event loop for a moment')
  await blocked.next()
  const after = await blocked.next()
  expect(after).toMatchObject({ held: true, refused: 'none', extended: 'extended', released: 'released' })
  const { remaining, from, at, validUntil, atMost } = after as Record<string, number>
  expect(remaining).toBeGreaterThan(0)
  expect(remaining).toBeGreaterThan(validUntil! - at! - 1)
  expect(remaining).toBeLessThan(atMost! - from! + 1)
})

test.each([
  ['exits without release', 0],
  ['dies of an unhandled failure', 1],
] as const)('when a process %s its lock ends with the TTL, and no key stays', async (role, code) => {
  const gone = start(role)
  await gone.next()
  expect((await gone.ended).code).toBe(code)
  const lock = await bench.redlock.acquire('orders', { wait: 3 * ttl })
  expect(await lock.release()).toBe('released')
  await until(async () => {
    const left = await Promise.all(fleet.nodes.map((node) => node.command('EXISTS', 'lock:orders')))
    if (left.includes('1')) throw new Error(`The key is still there: ${left.join(' ')}`)
  }, 2 * ttl)
})

test.each([
  ['all nodes answer', 0],
  ['three nodes are frozen', 3],
] as const)(
  'close() with waiters while %s rejects the waiters, and the process exits on its own without an error',
  async (_what, frozen) => {
    const lock = await bench.redlock.acquire('orders')
    const closing = start('closes with waiters')
    await closing.next()
    await until(async () => {
      const { waiters } = await bench.redlock.inspect('orders')
      if (waiters < 3) throw new Error(`Only ${waiters} wait`)
    })
    await Promise.all(fleet.nodes.slice(0, frozen).map((node) => node.pause()))
    closing.proceed()
    expect(await closing.next()).toEqual({ outcomes: ['CLOSED', 'CLOSED', 'CLOSED'] })
    expect(await closing.ended).toEqual({ code: 0, complaints: '' })
    await lock.release()
  },
)

test('memory stays bounded while two of five nodes are frozen under load', async () => {
  const worker = start('works hard')
  await worker.next()
  await Promise.all(fleet.nodes.slice(0, 2).map((node) => node.pause()))
  worker.proceed()
  const { before, after } = (await worker.next()) as { before: number; after: number }
  console.log(`${((after - before) / 4_000).toFixed(0)} bytes more per lock`)
  // Keeping the commands for both nodes would take thousands of bytes for each of the 4,000 locks.
  expect(after - before).toBeLessThan(4_000 * 250)
})

/** A stop signal takes effect shortly after it was sent; Linux shows when. */
async function isStopped(pid: number): Promise<void> {
  if (process.platform !== 'linux') return
  await until(async () => {
    if (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
      throw new Error('It is still running')
  })
}
