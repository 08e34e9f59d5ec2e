import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { startStopwatch } from '../../../../testing/test/support/stopwatch.js'
import { RecipeProcess } from '../../support/recipe-process.js'

const TTL = 2_000
let fleet: Fleet
const workers: RecipeProcess[] = []

beforeAll(async () => {
  fleet = await startFleet({ nodes: 5 })
})
afterAll(() => fleet.dispose())
beforeEach(() => Promise.all(fleet.nodes.map((node) => node.flush())))
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.kill())))

function start(role: string, more: object = {}): RecipeProcess {
  const worker = new RecipeProcess(role, fleet.urls, more)
  workers.push(worker)
  return worker
}

async function started(role: string, ...each: object[]): Promise<RecipeProcess[]> {
  const all = each.map((more) => start(role, more))
  await Promise.all(all.map((worker) => worker.first('ready')))
  return all
}

/** The worker that was elected first, and the others. */
async function leaderAmong(all: RecipeProcess[]): Promise<[RecipeProcess, RecipeProcess[]]> {
  const leader = await Promise.any(all.map((worker) => worker.first('elected').then(() => worker)))
  return [leader, all.filter((worker) => worker !== leader)]
}

describe('leader election', () => {
  test('a leader that stops cleanly is succeeded immediately, and a killed one within its TTL', async () => {
    const [first, others] = await leaderAmong(await started('leader', {}, {}, {}))
    const busy = lostTime()
    expect(await first.stop()).toBe(0)
    const [second, [third]] = await leaderAmong(others)
    const handOver = second.all('elected')[0]!.at - first.all('ended')[0]!.at
    expect(handOver - busy()).toBeLessThan(500)
    expect(third!.all('elected')).toEqual([])

    const busySinceKill = lostTime()
    const killedAt = Date.now()
    await second.kill()
    const { at, token } = await third!.first('elected')
    expect(at - killedAt - busySinceKill()).toBeLessThan(TTL + 1_000)
    const tokens = [first, second].map((worker) => BigInt(worker.all('elected')[0]!['token'] as string))
    expect(BigInt(token as string) > tokens[1]! && tokens[1]! > tokens[0]!).toBe(true)
  })

  test('a leader stays elected when two of five nodes die', async () => {
    const [leader] = await leaderAmong(await started('leader', {}))
    await fleet.nodes[3]!.kill()
    await fleet.nodes[4]!.kill()
    try {
      const killedAt = Date.now()
      const rival = start('leader')
      await rival.first('ready')
      while (Date.now() - killedAt < 2 * TTL) await tick()
      expect([...leader.all('ended'), ...rival.all('elected')]).toEqual([])
      await leader.stop()
      await rival.first('elected')
    } finally {
      await fleet.nodes[3]!.restart()
      await fleet.nodes[4]!.restart()
    }
  })
})

test('once: the work of a process killed in the middle is done by exactly one of the waiting processes', async () => {
  const hanging = start('once', { hang: true })
  await hanging.first('began')
  const [second, third] = await started('once', {}, {})
  const busy = lostTime()
  const killedAt = Date.now()
  await hanging.kill()
  const outcomes = await Promise.all([second!.first('outcome'), third!.first('outcome')])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['done', 'ran'])
  const ran = outcomes.find(({ status }) => status === 'ran')!
  expect(ran).toMatchObject({ value: 'paid', kept: true })
  expect(ran.at - killedAt - busy()).toBeLessThan(TTL + 2_000)
})

test('scheduler: three processes with different clocks run each due time once, and continue when one is killed', async () => {
  const all = await started('scheduler', { skew: -1_700 }, { skew: 0 }, { skew: 300 })
  const dues = () => all.flatMap((worker) => worker.all('ran')).map(({ due }) => due as number)
  const reached = async (count: number) => {
    while (dues().length < count) await tick()
  }
  await reached(4)
  await all[2]!.kill()
  const before = dues().length
  await reached(before + 4)
  for (const worker of all.slice(0, 2)) expect(await worker.stop()).toBe(0)
  expect(all[0]!.all('stopped')[0]).toMatchObject({ clean: true })
  expect(new Set(dues()).size).toBe(dues().length)
  const sorted = dues().sort((a, b) => a - b)
  expect(sorted.every((due) => due % 500 === 0)).toBe(true)
})

test('claimEach: three workers share a list, and a killed one leaves only the items that it was working on', async () => {
  const all = await started('claim', {}, {}, {})
  // Any of them, because a worker that starts late may find nothing left to do.
  const first = await Promise.any(all.map((worker) => worker.first('worked').then(() => worker)))
  await first.kill()
  await Promise.all(all.filter((worker) => worker !== first).map((worker) => worker.first('report')))
  const worked = all.flatMap((worker) => worker.all('worked')).map(({ job }) => job)
  const inHand = first.all('began').length - first.all('worked').length
  expect(new Set(worked).size).toBe(worked.length)
  expect(worked.length).toBeGreaterThanOrEqual(60 - inHand - 2)
  expect(inHand).toBeLessThanOrEqual(2)
})

test('singleFlight: if the loading process is killed, another one loads, and all others get its value', async () => {
  const hanging = start('flight', { hang: true })
  await hanging.first('loading')
  const others = await started('flight', {}, {}, {})
  await hanging.kill()
  const values = await Promise.all(others.map((worker) => worker.first('value')))
  expect(values.map(({ value }) => value)).toEqual(['content', 'content', 'content'])
  expect(others.flatMap((worker) => worker.all('loading'))).toHaveLength(1)
})

test('RateLimiter: three processes together take exactly the limit', async () => {
  const all = await started('rate', {}, {}, {})
  const taken = await Promise.all(all.map((worker) => worker.first('taken')))
  expect(taken.reduce((sum, { allowed }) => sum + (allowed as number), 0)).toBe(25)
})

/** Starts to count the milliseconds in which workers and servers wait because the machine runs other programs. */
function lostTime(): () => number {
  const started = performance.now()
  const elapsed = startStopwatch()
  return () => performance.now() - started - elapsed()
}

test('RateLimiter: a process suspended during its write for longer than its TTL does not exceed the limit', async () => {
  const stopped = start('rateStopped', { hang: true })
  await stopped.first('writing')
  const others = await started('rateStopped', {}, {})
  const taken = await Promise.all(others.map((worker) => worker.first('taken')))
  expect(taken.filter(({ allowed }) => allowed)).toHaveLength(1)
  stopped.continue()
  expect(await stopped.first('taken')).toMatchObject({ allowed: false, code: 'LOST' })
}, 60_000)

/** The pause between two checks of a condition. */
function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}
