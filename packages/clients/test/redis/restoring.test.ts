import { afterEach, expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import type { Redlock, RedlockOptions } from '@quorumlock/core'
import { claimEach, once } from '@quorumlock/core/recipes'
import { startFleet, type Fleet, type FleetNode } from '@quorumlock/testing'

const DAY = 86_400_000
const PORTION = 200

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function fleetOfFive(): Promise<Fleet> {
  const fleet = await startFleet({ nodes: 5, backend: 'processes' })
  open.push(() => fleet.dispose())
  return fleet
}

/** Like another process, with default options. */
async function client(fleet: Fleet, options: Partial<RedlockOptions> = {}): Promise<Redlock> {
  const redlock = await connect([...fleet.urls], options)
  open.push(() => redlock.close())
  return redlock
}

async function until(holds: () => boolean | Promise<boolean>, within = 30_000): Promise<void> {
  const end = performance.now() + within
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${within} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const allUp = (redlock: Redlock) => (): boolean => redlock.health().every(({ state }) => state === 'up')

/** Acquires `count` locks that are left to expire in a day. */
async function leaveMarks(redlock: Redlock, prefix: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += PORTION) {
    const names = Array.from(
      { length: Math.min(PORTION, count - from) },
      (_, index) => `${prefix}${from + index}`,
    )
    const locks = await Promise.all(
      names.map((name) => redlock.acquire(name, { ttl: DAY, autoExtend: false })),
    )
    for (const lock of locks) lock.detach()
  }
}

async function keysOn(node: FleetNode, pattern: string): Promise<number> {
  return Number(await node.command('EVAL', "return #redis.call('KEYS', ARGV[1])", '0', pattern))
}

test('five nodes are restarted empty one after the other: marks of a day and held locks are kept, and nobody else gets in', async () => {
  const fleet = await fleetOfFive()
  const redlock = await client(fleet)
  const rival = await client(fleet, { wait: 0 })
  await leaveMarks(redlock, 'mark:', 1_200)
  const held = await Promise.all(Array.from({ length: 100 }, (_, index) => redlock.acquire(`held:${index}`)))
  await until(async () => (await keysOn(fleet.nodes[4]!, 'lock:held:*')) === 100)

  let isOver = false
  let attempts = 0
  const stolen: string[] = []
  const failures: unknown[] = []
  const intrude = async (): Promise<void> => {
    while (!isOver) {
      const name = attempts % 3 === 0 ? `held:${attempts % 100}` : `mark:${attempts % 1_200}`
      attempts++
      const lock = await rival.tryAcquire(name).catch((error: unknown) => {
        failures.push(error)
        return null
      })
      if (lock !== null) stolen.push(name)
    }
  }
  let served = 0
  const serve = async (): Promise<void> => {
    while (!isOver) {
      const lock = await redlock.acquire(`work:${served++ % 10}`, { wait: 2_000 })
      await lock.release()
    }
  }
  const working = Promise.all([intrude(), intrude(), serve()])
  for (const node of fleet.nodes) {
    await node.restart({ wipe: true })
    await until(() => allUp(redlock)() && allUp(rival)())
  }
  isOver = true
  await working

  expect(stolen).toEqual([])
  expect(failures).toEqual([])
  expect(attempts).toBeGreaterThan(1_000)
  for (const lock of held) lock.assertHeld()
  for (const node of fleet.nodes) {
    expect(await keysOn(node, 'lock:mark:*')).toBe(1_200)
    expect(await keysOn(node, 'lock:held:*')).toBe(100)
  }
  const [value] = new Set(await Promise.all(fleet.nodes.map((node) => node.command('GET', 'lock:mark:7'))))
  expect(value).toEqual(expect.any(String))
})

test('what was done once, or claimed, or ran on schedule stays done after every node was restarted empty', async () => {
  const fleet = await fleetOfFive()
  const redlock = await client(fleet)
  let ran = 0
  const sendInvoice = (): Promise<{ status: string }> =>
    once(
      redlock,
      'invoice',
      () => {
        ran++
      },
      { retention: DAY },
    )
  const claim = () =>
    claimEach(redlock, ['a', 'b'], (item) => item, { key: (item) => `item:${item}`, keep: DAY })
  expect(await sendInvoice()).toMatchObject({ status: 'ran' })
  expect((await claim()).done).toHaveLength(2)
  for (const node of fleet.nodes) {
    await node.restart({ wipe: true })
    await until(allUp(redlock))
  }
  expect(await sendInvoice()).toMatchObject({ status: 'done' })
  expect(ran).toBe(1)
  expect((await claim()).skipped).toEqual(['a', 'b'])
})

test('a node that is flushed behind its connection is found and given back what it forgot', async () => {
  const fleet = await fleetOfFive()
  const redlock = await client(fleet)
  await leaveMarks(redlock, 'mark:', 10)
  const lock = await redlock.acquire('held')
  await until(async () => (await keysOn(fleet.nodes[2]!, 'lock:*')) >= 11)
  await fleet.nodes[2]!.flush()
  await until(async () => (await keysOn(fleet.nodes[2]!, 'lock:mark:*')) === 10)
  await until(allUp(redlock))
  expect(await keysOn(fleet.nodes[2]!, 'lock:held')).toBe(1)
  await lock.release()
})

test('where the user may not list keys, the node stays out, and the log and the health say why', async () => {
  const fleet = await fleetOfFive()
  const acl = 'ACL SETUSER locks on >password ~* &* +@all -scan'.split(' ') as [string, ...string[]]
  for (const node of fleet.nodes) await node.command(...acl)
  const warnings: string[] = []
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    error: () => undefined,
    warn: (_: object, message: string) => void warnings.push(message),
  }
  const redlock = await connect([...fleet.urls], { username: 'locks', password: 'password', logger })
  open.push(() => redlock.close())
  await leaveMarks(redlock, 'mark:', 3)
  await fleet.nodes[0]!.flush()
  await redlock.acquire('held')
  await until(() => warnings.some((message) => message.includes('cannot be restored')))
  expect(redlock.health()[0]).toMatchObject({
    state: 'quarantined',
    reason: expect.stringContaining('cannot list their locks'),
  })
})
