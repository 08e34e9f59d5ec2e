import { describe, expect, jest, test } from '@jest/globals'
import type { Clock, RedlockOptions } from '../../../src/index.js'
import { Scheduler, type SchedulerOptions } from '../../../src/recipes/index.js'
import { World } from '../../support/world.js'

const MINUTE = 60_000

/** A process whose wall clock deviates by `skew`. */
function processOf(
  world: World,
  skew = 0,
  options: SchedulerOptions = {},
  client: Partial<RedlockOptions> = {},
) {
  const clock: Clock = {
    monotonic: () => world.clock.monotonic(),
    wall: () => world.clock.wall() + skew,
    timer: (delay, task) => world.clock.timer(delay, task),
  }
  return new Scheduler(world.client(client), { clock, ...options })
}

/** The clock of a world, advanced to the beginning of a minute. */
async function onTheMinute(size = 3): Promise<World> {
  const world = new World(size)
  await world.clock.advance(MINUTE - (world.clock.wall() % MINUTE))
  return world
}

const sleep = (world: World, time: number) => new Promise<void>((resolve) => world.clock.after(time, resolve))

describe('one run across all processes', () => {
  test('each due time is run once, even if the task is short and the clocks differ', async () => {
    const world = await onTheMinute(5)
    for (const node of world.nodes) node.delay = 1
    const runs: number[] = []
    for (const skew of [-4_000, -300, 0, 300, 4_000]) {
      processOf(world, skew).every('tick', MINUTE, (_, due) => void runs.push(due.getTime()), { lock: true })
    }
    await world.clock.advance(10 * MINUTE + 5_000)
    const dues = [...new Set(runs)].sort()
    expect(runs).toHaveLength(dues.length)
    expect(dues.length).toBeGreaterThanOrEqual(10)
    expect(dues.every((due) => due % MINUTE === 0)).toBe(true)
  })

  test('clocks that differ by more than the interval do not cause a second run', async () => {
    const world = await onTheMinute()
    const runs: number[] = []
    for (const skew of [-7_000, 0]) {
      processOf(world, skew).every('tick', 5_000, (_, due) => void runs.push(due.getTime()))
    }
    await world.clock.advance(MINUTE)
    expect(new Set(runs).size).toBe(runs.length)
  })

  test('no other run begins while a run is in progress', async () => {
    const world = await onTheMinute()
    let running = 0
    let most = 0
    let runs = 0
    for (let count = 0; count < 3; count++) {
      processOf(world).every('slow', MINUTE, async () => {
        runs++
        most = Math.max(most, ++running)
        await sleep(world, 2.5 * MINUTE)
        running--
      })
    }
    await world.clock.advance(12 * MINUTE)
    expect(most).toBe(1)
    expect(runs).toBe(4)
  })

  test('without the lock every process runs the task', async () => {
    const world = await onTheMinute()
    const task = jest.fn()
    for (let count = 0; count < 3; count++) processOf(world).every('local', MINUTE, task, { lock: false })
    await world.clock.advance(MINUTE + 10)
    expect(task).toHaveBeenCalledTimes(3)
    expect(world.commands).toBe(0)
  })

  test('the signal of a task aborts when its lock is lost', async () => {
    const world = await onTheMinute()
    const client = world.client()
    const reasons: unknown[] = []
    new Scheduler(client, { clock: world.clock }).every('tick', MINUTE, async (signal) => {
      await client.forceRelease('schedule:tick')
      reasons.push(signal.reason)
    })
    await world.clock.advance(MINUTE + 10)
    expect(reasons).toEqual([expect.objectContaining({ code: 'LOST', reason: 'forced' })])
  })
})

describe('missed due times', () => {
  test('missed due times are skipped by default', async () => {
    const world = await onTheMinute()
    const dues: number[] = []
    const start = world.clock.wall()
    processOf(world).every('tick', MINUTE, (_, due) => void dues.push((due.getTime() - start) / MINUTE))
    world.clock.stall(3.5 * MINUTE)
    await world.clock.advance(MINUTE)
    expect(dues).toEqual([4])
  })

  test('if `missed` is run, only the latest missed due time is run, and only once', async () => {
    const world = await onTheMinute()
    const dues: number[] = []
    const start = world.clock.wall()
    const task = (_: AbortSignal, due: Date) => void dues.push((due.getTime() - start) / MINUTE)
    processOf(world).every('tick', MINUTE, task, { missed: 'run' })
    await world.clock.advance(10)
    expect(dues).toEqual([0])
    world.clock.stall(3.5 * MINUTE)
    await world.clock.advance(MINUTE)
    expect(dues).toEqual([0, 3, 4])
  })

  test('a process that starts later does not repeat a run of another process', async () => {
    const world = await onTheMinute()
    const task = jest.fn()
    processOf(world).every('tick', MINUTE, task, { missed: 'run' })
    await world.clock.advance(0.9 * MINUTE)
    processOf(world).every('tick', MINUTE, task, { missed: 'run', minimumHold: 1 })
    await world.clock.advance(0.05 * MINUTE)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('the run of a process that crashed during it is taken over', async () => {
    const world = await onTheMinute()
    const crashed = world.client({ autoExtend: false })
    const due = world.clock.wall() + MINUTE
    await world.clock.advance(MINUTE - 1_000)
    // The state that a crash leaves on the nodes.
    for (const name of [`schedule:tick@${due}`, 'schedule:tick']) {
      await world.clock.run(crashed.acquire(name, { ttl: 5_000 }))
    }
    const task = jest.fn()
    processOf(world).every('tick', MINUTE, task)
    processOf(world).every('tick', MINUTE, task, { missed: 'run' })
    await world.clock.advance(20_000)
    expect(task.mock.calls.map(([, when]) => (when as Date).getTime())).toEqual([due])
  })

  test('if `missed` is run, a due run waits for the previous one to end', async () => {
    const world = await onTheMinute()
    const starts: number[] = []
    const start = world.clock.wall()
    for (let count = 0; count < 2; count++) {
      processOf(world).every(
        'slow',
        MINUTE,
        async () => {
          starts.push((world.clock.wall() - start) / MINUTE)
          await sleep(world, 1.5 * MINUTE)
        },
        { missed: 'run' },
      )
    }
    await world.clock.advance(3.4 * MINUTE)
    expect(starts[0]).toBeLessThan(0.01)
    expect(starts[1]).toBeGreaterThanOrEqual(1.5)
    expect(starts[1]).toBeLessThan(1.51)
  })

  test('a turn that was handed over lasts for its whole TTL, even for a task that keeps the process busy', async () => {
    const world = await onTheMinute()
    for (const node of world.nodes) node.delay = 1
    const held = await world.clock.run(world.client({ guard: true }).acquire('schedule:busy'))
    const ends: boolean[] = []
    const busy = async (signal: AbortSignal) => {
      world.clock.stall(5_000)
      await sleep(world, 10)
      ends.push(signal.aborted)
    }
    processOf(world, 0, {}, { guard: true }).every('busy', MINUTE, busy, { missed: 'run' })
    await world.clock.advance(100)
    void held.release()
    await world.clock.advance(6_000)
    expect(ends).toEqual([false])
  })

  test('nodes that are unavailable for a moment do not cost a run', async () => {
    const world = await onTheMinute()
    const task = jest.fn()
    const onError = jest.fn()
    processOf(world, 0, { onError }).every('tick', MINUTE, task)
    for (const node of world.nodes) node.disconnect()
    await world.clock.advance(MINUTE + 3_000)
    for (const node of world.nodes) node.reconnect()
    await world.clock.advance(3_000)
    expect(task).toHaveBeenCalledTimes(1)
    for (const node of world.nodes) node.disconnect()
    await world.clock.advance(MINUTE + 20_000)
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: 'UNAVAILABLE' }), { name: 'tick', due: expect.any(Date) }],
    ])
  })
})

describe('cron', () => {
  test('a cron job runs at the times of its expression in the given time zone', async () => {
    const world = await onTheMinute()
    const dues: string[] = []
    const options = { timezone: 'Asia/Tokyo' }
    processOf(world).cron('daily', '30 6 * * *', (_, due) => void dues.push(due.toISOString()), options)
    await world.clock.advance(48 * 60 * MINUTE)
    expect(dues).toHaveLength(2)
    for (const due of dues) expect(due).toMatch(/T21:30:00.000Z$/)
  })

  test("today's missed run is made up for once after a late start", async () => {
    const world = await onTheMinute()
    const task = jest.fn()
    for (let count = 0; count < 3; count++) {
      processOf(world).cron('daily', '0 0 * * *', task, { missed: 'run' })
    }
    await world.clock.advance(60 * MINUTE)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('a due time at this very moment counts', async () => {
    const world = await onTheMinute()
    const dues: number[] = []
    processOf(world).cron('secondly', '* * * * * *', (_, due) => void dues.push(due.getTime() % MINUTE), {
      missed: 'run',
    })
    await world.clock.advance(2_500)
    expect(dues).toEqual([0, 1_000, 2_000])
  })
})

describe('stop', () => {
  test('stop waits for running tasks and starts no new ones', async () => {
    const world = await onTheMinute()
    const scheduler = processOf(world)
    const events: string[] = []
    scheduler.every('tick', MINUTE, async (signal) => {
      events.push('begins')
      await sleep(world, 10_000)
      events.push(signal.aborted ? 'aborted' : 'ends')
    })
    await world.clock.advance(MINUTE + 10)
    expect(await world.clock.run(scheduler.stop())).toBe(true)
    expect(events).toEqual(['begins', 'ends'])
    await world.clock.advance(5 * MINUTE)
    expect(events).toHaveLength(2)
    expect(world.holders('schedule:tick')).toEqual([])
    expect(() => scheduler.every('late', 1, () => undefined)).toThrow('this Scheduler is stopped')
  })

  test('stop aborts a task when the grace is over, and resolves to false if the task ignores that', async () => {
    const world = await onTheMinute()
    const heeding = processOf(world)
    heeding.every('heeding', MINUTE, (signal) => {
      return new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const deaf = processOf(world)
    deaf.every('deaf', MINUTE, () => new Promise(() => undefined))
    await world.clock.advance(MINUTE + 10)
    const stopping = heeding.stop({ grace: 1_000 })
    expect(await world.clock.time(stopping)).toBe(1_000)
    expect(await stopping).toBe(true)
    expect(await world.clock.run(deaf.stop({ grace: 1_000 }), 7_000)).toBe(false)
    expect(world.holders('schedule:deaf')).toHaveLength(3)
  })

  test('stop leaves no timer behind', async () => {
    const world = await onTheMinute()
    const scheduler = processOf(world)
    scheduler.every('tick', MINUTE, () => undefined)
    await world.clock.advance(MINUTE / 2)
    await world.clock.run(scheduler.stop())
    expect(world.clock.timersHolding).toBe(0)
  })

  test('a job can be removed and its name reused', async () => {
    const world = await onTheMinute()
    const scheduler = processOf(world)
    const [first, second] = [jest.fn(), jest.fn()]
    scheduler.every('tick', MINUTE, first)
    expect(() => scheduler.every('tick', MINUTE, second)).toThrow('Expected `name` to be new')
    expect([scheduler.remove('tick'), scheduler.remove('tick')]).toEqual([true, false])
    scheduler.every('tick', MINUTE, second)
    await world.clock.advance(MINUTE + 10)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1])
  })
})

test('a task that throws is reported and runs again at the next due time', async () => {
  const world = await onTheMinute()
  const onError = jest.fn()
  processOf(world, 0, { onError }).every('tick', MINUTE, () => {
    throw new Error('broken')
  })
  await world.clock.advance(2 * MINUTE + 10)
  expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(['broken', 'broken'])
})

test('invalid arguments are rejected by name', () => {
  const scheduler = new Scheduler(new World(1).client())
  const task = () => undefined
  expect(() => scheduler.every('', 1_000, task)).toThrow('Expected `name` to be a non-empty string')
  expect(() => scheduler.every('x', 0, task)).toThrow('Expected `interval` to be a whole number')
  expect(() => scheduler.every('x', 1_000, 'y' as never)).toThrow('Expected `task` to be a function')
  expect(() => scheduler.every('x', 1_000, task, { missed: 'all' } as never)).toThrow('"skip" or "run"')
  expect(() => scheduler.cron('x', 'every day', task)).toThrow(RangeError)
  expect(() => scheduler.cron('x', '0 0 * * *', task, { timezone: 'Mars/Base' })).toThrow('Mars/Base')
  expect(() => scheduler.cron('x', 7 as never, task)).toThrow(TypeError)
})
