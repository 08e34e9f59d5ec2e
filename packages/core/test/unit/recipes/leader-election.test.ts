import { describe, expect, jest, test } from '@jest/globals'
import { LockLostError } from '../../../src/index.js'
import { LeaderElection, type Leadership } from '../../../src/recipes/index.js'
import { settle } from '../../support/manual-clock.js'
import { World } from '../../support/world.js'

function candidates(world: World, count: number, ttl = 3_000): LeaderElection[] {
  return Array.from({ length: count }, () => new LeaderElection(world.client(), 'reports', { ttl }))
}

async function reasonOf(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return signal.reason
}

describe('campaign', () => {
  test('one of several candidates leads, and its renewals keep it in office', async () => {
    const world = new World(5)
    const [first, second] = candidates(world, 2)
    const leadership = await world.clock.run(first!.campaign())
    void second!.campaign()
    await world.clock.advance(15_000)
    expect([first!.isLeader, second!.isLeader]).toEqual([true, false])
    expect(leadership.signal.aborted).toBe(false)
    expect(await world.clock.run(second!.hasLeader())).toBe(true)
  })

  test('the next candidate takes over at once when the leader resigns', async () => {
    const world = new World(5)
    const [first, second] = candidates(world, 2)
    const leadership = await world.clock.run(first!.campaign())
    const next = second!.campaign()
    await world.clock.advance(10_000)
    await world.clock.run(leadership.resign())
    expect(await world.clock.time(next)).toBeLessThan(50)
    expect(await reasonOf(leadership.signal)).toBeInstanceOf(LockLostError)
    expect([first!.isLeader, first!.leadership, second!.isLeader]).toEqual([false, undefined, true])
  })

  test('a disconnected leader steps down before the next one takes over, within its TTL', async () => {
    const world = new World(5)
    const [first, second] = candidates(world, 2, 3_000)
    const leadership = await world.clock.run(first!.campaign())
    const next = second!.campaign()
    await world.clock.advance(5_000)
    let endedAt = Infinity
    leadership.signal.addEventListener('abort', () => (endedAt = world.clock.monotonic()))
    const cutAt = world.clock.monotonic()
    // A process that is paused for longer than its lease sends nothing, so its lock expires on the nodes.
    for (const node of world.nodes) {
      const { script } = node
      node.script = (command) =>
        command.kind === 'extend' ? { vote: 'unknown', reason: 'cut off' } : script?.(command)
    }
    await world.clock.run(next)
    const tookOverAt = world.clock.monotonic()
    expect(endedAt).toBeLessThanOrEqual(tookOverAt)
    expect(tookOverAt - cutAt).toBeLessThan(3_000 + 50)
    expect(await reasonOf(leadership.signal)).toMatchObject({ code: 'LOST', reason: 'expired' })
    expect(leadership.remaining()).toBe(0)
  })

  test('an abort ends the candidacy and leaves no place in the queue', async () => {
    const world = new World(3)
    const [first, second, third] = candidates(world, 3)
    const leadership = await world.clock.run(first!.campaign())
    const controller = new AbortController()
    const gaveUp = second!.campaign({ signal: controller.signal })
    const waits = third!.campaign()
    await world.clock.advance(100)
    controller.abort(new Error('enough'))
    await expect(world.clock.run(gaveUp)).rejects.toThrow('enough')
    await world.clock.run(leadership.resign())
    await world.clock.run(waits)
    expect(third!.isLeader).toBe(true)
  })

  test('every term of office has a higher token', async () => {
    const world = new World(3)
    const election = new LeaderElection(world.client(), 'reports', { fencing: true })
    const first = await world.clock.run(election.campaign())
    await world.clock.run(first.resign())
    const second = await world.clock.run(election.campaign())
    expect(second.token! > first.token!).toBe(true)
  })
})

describe('the name of the leader', () => {
  const labelled = (world: World, label: string | undefined, onLeader?: (leader: string) => void) =>
    new LeaderElection(world.client(), 'reports', { label, onLeader, ttl: 3_000, clock: world.clock })

  test('leader() returns the label of the leader, to candidates and to other processes', async () => {
    const world = new World(5)
    const [first, second, outsider] = ['eu-1', 'eu-2', undefined].map((label) => labelled(world, label))
    expect(await world.clock.run(outsider!.leader())).toBeNull()
    const leadership = await world.clock.run(first!.campaign())
    const next = second!.campaign()
    await world.clock.advance(100)
    for (const election of [first, second, outsider]) {
      expect(await world.clock.run(election!.leader())).toBe('eu-1')
    }
    await world.clock.run(leadership.resign())
    await world.clock.run(next)
    expect(await world.clock.run(outsider!.leader())).toBe('eu-2')
  })

  test('leader() follows a majority, regardless of leftovers on a minority of the nodes', async () => {
    const world = new World(5)
    const [leader, outsider] = ['eu-1', 'eu-2'].map((label) => labelled(world, label))
    const stale = await world.clock.run(world.client({ label: 'stale' }).acquire('leader:reports'))
    stale.detach()
    for (const node of world.nodes.slice(2)) node.flush()
    await world.clock.run(leader!.campaign())
    expect(await world.clock.run(outsider!.leader())).toBe('eu-1')
  })

  test('leader() returns a digest, not the value of the lock, if the leader has no label', async () => {
    const world = new World(3)
    const leaders: string[] = []
    const election = labelled(world, undefined, (leader) => leaders.push(leader))
    await world.clock.run(election.campaign())
    const leader = await world.clock.run(election.leader())
    expect(leader).toMatch(/^[0-9a-f]{16}$/)
    expect(leaders).toEqual([leader])
  })

  test('onLeader is called once for each new leader, within about a second', async () => {
    const world = new World(3)
    const leaders: string[][] = [[], [], []]
    const [a, b, c] = ['a', 'b', 'c'].map((label, index) =>
      labelled(world, label, (leader) => leaders[index]!.push(leader)),
    )
    const first = await world.clock.run(a!.campaign())
    const second = b!.campaign()
    await world.clock.advance(10)
    void c!.campaign()
    await world.clock.advance(3_000)
    expect(leaders).toEqual([['a'], ['a'], ['a']])
    await world.clock.run(first.resign())
    await world.clock.run(second)
    await world.clock.advance(1_100)
    expect(leaders).toEqual([['a'], ['a', 'b'], ['a', 'b']])
  })

  test('a process that is no longer a candidate does not check the leader', async () => {
    const world = new World(3)
    const [leader] = candidates(world, 1, 3_000)
    await world.clock.run(leader!.campaign())
    const stop = new AbortController()
    const gaveUp = labelled(world, 'x', () => undefined).campaign({ signal: stop.signal })
    await world.clock.advance(500)
    stop.abort(new Error('enough'))
    await expect(world.clock.run(gaveUp)).rejects.toThrow('enough')
    await world.clock.advance(100)
    const looks = () => world.nodes.reduce((sum, node) => sum + node.sent('inspect'), 0)
    const before = looks()
    await world.clock.advance(10_000)
    expect(looks()).toBe(before)
  })
})

test('a term of office that was handed over lasts for its whole TTL from the start', async () => {
  const world = new World(5)
  for (const node of world.nodes) node.delay = 1
  const [first, second] = [1, 2].map(
    () => new LeaderElection(world.client({ guard: true }), 'reports', { ttl: 30_000 }),
  )
  const term = await world.clock.run(first!.campaign())
  const next = second!.campaign()
  await world.clock.advance(100)
  void term.resign()
  expect((await world.clock.run(next)).remaining()).toBeGreaterThan(29_000)
})

describe('run', () => {
  test('a stop lets the work finish before the next leader begins', async () => {
    const world = new World(3)
    const [first, second] = candidates(world, 2)
    const stop = new AbortController()
    const events: string[] = []
    const ends: (() => void)[] = []
    const work = (name: string) => async (signal: AbortSignal) => {
      events.push(`${name} begins`)
      await reasonOf(signal)
      await new Promise<void>((resolve) => ends.push(resolve))
      events.push(`${name} ends`)
    }
    const running = first!.run(work('first'), { signal: stop.signal })
    await world.clock.advance(100)
    void second!.run(work('second'))
    await world.clock.advance(100)
    stop.abort()
    await world.clock.advance(10_000)
    expect(events).toEqual(['first begins'])
    ends[0]!()
    await world.clock.run(running)
    await world.clock.advance(100)
    expect(events).toEqual(['first begins', 'first ends', 'second begins'])
  })

  test('after a loss the same candidate campaigns again', async () => {
    const world = new World(3)
    const client = world.client()
    const election = new LeaderElection(client, 'reports')
    const terms: Leadership[] = []
    const stop = new AbortController()
    const running = election.run(
      async (signal, leadership) => {
        terms.push(leadership)
        await reasonOf(signal)
        signal.throwIfAborted()
      },
      { signal: stop.signal },
    )
    await world.clock.advance(100)
    await world.clock.run(client.forceRelease(election.resource))
    await world.clock.advance(100)
    expect(terms.map(({ held }) => held)).toEqual([false, true])
    stop.abort()
    await world.clock.run(running)
    expect(election.isLeader).toBe(false)
  })

  test('a leader that resigns during its work steps down once the work has settled, and campaigns again', async () => {
    const world = new World(3)
    const election = new LeaderElection(world.client(), 'reports')
    let terms = 0
    await world.clock.run(
      election.run(async (signal, leadership) => {
        if (++terms === 2) return
        await leadership.resign()
        expect(signal.aborted).toBe(true)
        expect(await world.clock.run(election.hasLeader())).toBe(true)
      }),
    )
    expect(terms).toBe(2)
  })

  test('run ends when the work returns or throws in office', async () => {
    const world = new World(3)
    const election = new LeaderElection(world.client(), 'reports')
    await world.clock.run(election.run(() => 'done'))
    const failing = world.clock.run(
      election.run(() => {
        throw new Error('broken')
      }),
    )
    await expect(failing).rejects.toThrow('broken')
    expect(world.holders(election.resource)).toEqual([])
  })

  test('a stop before the election ends run at once', async () => {
    const world = new World(3)
    const work = jest.fn()
    const [first, second] = candidates(world, 2)
    await world.clock.run(first!.campaign())
    const stop = new AbortController()
    const running = second!.run(work, { signal: stop.signal })
    await settle()
    stop.abort()
    await world.clock.run(running)
    expect(work).not.toHaveBeenCalled()
  })
})

test('invalid arguments are rejected by name', () => {
  const redlock = new World(1).client()
  expect(() => new LeaderElection({} as never, 'x')).toThrow('Expected `redlock` to be a Redlock')
  expect(() => new LeaderElection(redlock, '')).toThrow('Expected `name` to be a non-empty string')
  expect(() => new LeaderElection(redlock, 'x', { ttl: 0 })).toThrow(RangeError)
  expect(() => new LeaderElection(redlock, 'x', { label: '' })).toThrow(
    'Expected `label` to be a string of 1 to 100 characters, got ""',
  )
  expect(() => new LeaderElection(redlock, 'x', { onLeader: 'me' } as never)).toThrow(
    'Expected `onLeader` to be a function',
  )
  expect(() => new LeaderElection(redlock, 'x', { tll: 1 } as never)).toThrow('Unknown option `tll`')
})
