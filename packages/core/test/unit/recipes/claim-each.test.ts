import { expect, test } from '@jest/globals'
import { execute } from '../../../src/node/node-state.js'
import { claimEach, type ClaimProgress } from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

const jobs = Array.from({ length: 20 }, (_, index) => `job-${index}`)
const key = (job: string) => job

test('two workers with the same list share it, and no item is processed twice', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 1
  const options = { key, concurrency: 3, keep: 60_000 }
  const worked: string[] = []
  const work = async (job: string) => {
    worked.push(job)
    await new Promise<void>((resolve) => world.clock.after(20, resolve))
  }
  const reports = await world.clock.run(
    Promise.all([world.client(), world.client()].map((client) => claimEach(client, jobs, work, options))),
  )
  expect([...worked].sort()).toEqual([...jobs].sort())
  expect(reports[0]!.done.length + reports[1]!.done.length).toBe(20)
  for (const report of reports) expect(report.done.length + report.skipped.length).toBe(20)
})

test('an item that three workers request at the same moment is done by one of them, not skipped by all', async () => {
  const world = new World(5)
  const others = ['ada', 'ada', 'ben', 'ben', 'cléo']
  for (const [index, node] of world.nodes.entries()) {
    node.delay = 1 + index
    const theirs = {
      kind: 'acquire',
      keys: ['lock:job-0'],
      value: others[index]!,
      ttl: 8,
      queue: 'ignore',
    } as const
    execute(node.state, theirs, node.now(), () => false)
  }
  const report = await world.clock.run(claimEach(world.client(), ['job-0'], () => 'worked', { key }))
  expect(report).toMatchObject({ done: [{ item: 'job-0', value: 'worked' }], skipped: [] })
})

test('no more items than `concurrency` are processed at once, and progress is reported after each', async () => {
  const world = new World(3)
  let running = 0
  let most = 0
  const progress: ClaimProgress<string>[] = []
  const report = await world.clock.run(
    claimEach(
      world.client(),
      jobs,
      async (job) => {
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => world.clock.after(5, resolve))
        running--
        return job.length
      },
      { key, concurrency: 4, onProgress: (step) => progress.push(step) },
    ),
  )
  expect(most).toBe(4)
  expect(progress.map(({ settled }) => settled)).toEqual(jobs.map((_, index) => index + 1))
  expect(report.done).toHaveLength(20)
  expect(jobs.flatMap((job) => world.holders(job))).toEqual([])
})

test('a failing item does not keep the others from being done', async () => {
  const world = new World(3)
  const report = await world.clock.run(
    claimEach(
      world.client(),
      ['a', 'bad', 'c'],
      (job) => {
        if (job === 'bad') throw new Error('broken')
        return job
      },
      { key },
    ),
  )
  expect(report.done.map(({ value }) => value)).toEqual(['a', 'c'])
  expect(report.failed).toEqual([{ item: 'bad', error: new Error('broken') }])
  expect(world.holders('bad')).toEqual([])
})

test('an item whose lock is lost is reported as lost, and the signal of its function aborts', async () => {
  const world = new World(3)
  const client = world.client()
  const report = await world.clock.run(
    claimEach(
      client,
      ['a'],
      async (job, signal) => {
        await client.forceRelease(job)
        return signal.aborted
      },
      { key },
    ),
  )
  expect(report).toMatchObject({ done: [], lost: [{ item: 'a', value: true }] })
})

test('after an abort no more items are claimed, and the report shows what was done', async () => {
  const world = new World(3)
  const controller = new AbortController()
  const report = await world.clock.run(
    claimEach(
      world.client(),
      jobs,
      (job) => {
        if (job === 'job-2') controller.abort()
      },
      { key, concurrency: 1, signal: controller.signal },
    ),
  )
  expect(report.done.map(({ item }) => item)).toEqual(['job-0', 'job-1', 'job-2'])
  expect(report.stopped).toBe(true)
})

test('the list may be an asynchronous iterable, and one that throws rejects once all work in progress has settled', async () => {
  const world = new World(3)
  async function* list(breaksOff: boolean) {
    yield 'a'
    yield 'b'
    if (breaksOff) throw new Error('cut')
  }
  const whole = await world.clock.run(claimEach(world.client(), list(false), (job) => job, { key }))
  expect(whole.done).toHaveLength(2)
  let running = 0
  const broken = claimEach(
    world.client(),
    list(true),
    async () => {
      running++
      await new Promise<void>((resolve) => world.clock.after(5, resolve))
      running--
    },
    { key },
  )
  await expect(world.clock.run(broken)).rejects.toThrow('cut')
  expect(running).toBe(0)
})

test('if no quorum can be reached, the items fail with that error', async () => {
  const world = new World(3)
  for (const node of world.nodes) node.disconnect()
  const report = await world.clock.run(claimEach(world.client(), ['a'], (job) => job, { key }))
  expect(report.failed).toEqual([{ item: 'a', error: expect.objectContaining({ code: 'UNAVAILABLE' }) }])
})

test('invalid arguments are rejected by name', async () => {
  const redlock = new World(1).client()
  const call = (...args: unknown[]) =>
    (claimEach as (...args: unknown[]) => Promise<unknown>)(redlock, ...args)
  await expect(call(1, key, { key })).rejects.toThrow('Expected `items` to be iterable, got 1')
  await expect(call([], key)).rejects.toThrow('Expected `options` to be given')
  await expect(call([], key, {})).rejects.toThrow('Expected `key` to be a function')
  await expect(call([], key, { key, concurrency: 0 })).rejects.toThrow(RangeError)
})
