import { describe, expect, test } from '@jest/globals'
import {
  TOMBSTONE,
  type AcquireCommand,
  type Copy,
  type MarkCommand,
  type NodeCommand,
  type Waiter,
} from '../../src/node/commands.js'
import type { Handed } from '../../src/node/lock-node.js'
import type { Listing, NodeReply } from '../../src/node/replies.js'
import { createNodeState, execute } from '../../src/node/node-state.js'
import type { NodeState } from '../../src/node/stored.js'

const NOW = 1_700_000_000_000

/** One node whose time only the test advances. */
class Bench {
  readonly state: NodeState = createNodeState('run-1')
  readonly woken: string[] = []
  readonly handed = new Map<string, Handed>()
  /** Waiters without a listening client. */
  readonly deaf = new Set<string>()
  now = NOW

  do(command: NodeCommand): NodeReply {
    return execute(this.state, command, this.now, (id, handed) => {
      if (this.deaf.has(id)) return false
      this.woken.push(id)
      if (handed !== undefined) this.handed.set(id, handed)
      return true
    })
  }

  acquire(value: string, rest: Partial<AcquireCommand> = {}): NodeReply {
    return this.do({ kind: 'acquire', keys: ['a'], value, ttl: 1_000, queue: 'respect', ...rest })
  }

  release(value: string, rest: object = {}): NodeReply {
    return this.do({ kind: 'release', keys: ['a'], value, ...rest })
  }

  extend(value: string, ttl = 1_000): NodeReply {
    return this.do({ kind: 'extend', keys: ['a'], value, ttl })
  }

  waiter(id: string, at = this.now, age = 0): Waiter {
    return { id, at, age, life: 3_000 }
  }

  queue(key = 'a'): string[] {
    return (this.state.queues.get(key) ?? []).map(({ id }) => id)
  }
}

const granted = expect.objectContaining({ vote: 'granted' })
const refused = (reason: string, rest = {}) => expect.objectContaining({ vote: 'refused', reason, ...rest })

describe('acquire', () => {
  test('an acquire takes all keys or none', () => {
    const bench = new Bench()
    expect(bench.acquire('v', { keys: ['a', 'b'] })).toEqual(granted)
    expect(bench.acquire('w', { keys: ['b', 'c'] })).toEqual(refused('held', { remaining: 1_000 }))
    expect(bench.state.locks.has('c')).toBe(false)
  })

  test('a refused acquire reports the longest time for which any key is held', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a'], ttl: 500 })
    bench.acquire('w', { keys: ['b'], ttl: 2_000 })
    expect(bench.acquire('x', { keys: ['a', 'b'] })).toEqual(refused('held', { remaining: 2_000 }))
  })

  test('an acquire that a connection repeats is granted, and its TTL begins again', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.now += 600
    expect(bench.acquire('v')).toEqual(granted)
    bench.now += 1_000
    expect(bench.acquire('w')).toEqual(refused('held', { remaining: 0 }))
    bench.now += 1
    expect(bench.acquire('w')).toEqual(granted)
  })

  test('a key lives to the last millisecond of its TTL, and no longer', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.now += 1_000
    expect(bench.acquire('w')).toEqual(refused('held', { remaining: 0 }))
    bench.now += 1
    expect(bench.acquire('w')).toEqual(granted)
  })
})

describe('extend', () => {
  test('an extend sets the TTL from now on, also to a shorter one', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.now += 900
    expect(bench.extend('v', 5_000)).toEqual(granted)
    expect(bench.extend('v', 100)).toEqual(granted)
    bench.now += 101
    expect(bench.extend('v')).toEqual(refused('gone'))
  })

  test('an extend changes no key unless all of them hold the value', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    bench.state.locks.delete('b')
    expect(bench.do({ kind: 'extend', keys: ['a', 'b'], value: 'v', ttl: 9_000 })).toEqual(refused('gone'))
    bench.acquire('w', { keys: ['b'] })
    expect(bench.do({ kind: 'extend', keys: ['a', 'b'], value: 'v', ttl: 9_000 })).toEqual(refused('taken'))
    expect(bench.state.locks.get('a')!.expiresAt).toBe(NOW + 1_000)
  })
})

describe('repair', () => {
  const repair = (bench: Bench, token?: number) =>
    bench.do({
      kind: 'repair',
      keys: ['a'],
      value: 'v',
      ttl: 1_000,
      fence: token === undefined ? undefined : { token, retention: 1_000 },
    })

  test('a repair writes a free key again for its owner, but never over another value', () => {
    const bench = new Bench()
    expect(repair(bench)).toEqual(granted)
    bench.release('v')
    bench.acquire('w')
    expect(repair(bench)).toEqual(refused('taken'))
  })

  test('a repair overtakes waiters, but not a higher token', () => {
    const bench = new Bench()
    bench.acquire('w')
    bench.acquire('x', { queue: bench.waiter('c#1') })
    bench.now += 1_001
    expect(repair(bench, 7)).toEqual(granted)
    expect(repair(bench, 7)).toEqual(granted)
    bench.state.counters.set('a', { token: 8, expiresAt: Infinity })
    expect(repair(bench, 7)).toEqual(refused('stale', { counter: 8 }))
  })
})

describe('release', () => {
  test('a release deletes the keys that hold the value and no others', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    bench.state.locks.set('b', { value: 'w', expiresAt: NOW + 1_000 })
    expect(bench.do({ kind: 'release', keys: ['a', 'b'], value: 'v' })).toEqual(refused('gone'))
    expect([...bench.state.locks.keys()]).toEqual(['b'])
  })

  test('a release wakes the next waiter of each key that is then free, and no other', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.acquire('2', { queue: bench.waiter('c#2', NOW + 1) })
    bench.acquire('3', { keys: ['b'], queue: bench.waiter('d#3') })
    bench.do({ kind: 'release', keys: ['a', 'b'], value: 'v' })
    expect(bench.woken).toEqual(['c#1', 'd#3'])
  })

  test('a release by a waiter that keeps its place does not wake that waiter', () => {
    const bench = new Bench()
    bench.acquire('v', { queue: bench.waiter('c#1') })
    bench.acquire('w', { queue: bench.waiter('c#2', NOW + 1) })
    bench.release('v', { requeue: bench.waiter('c#1') })
    expect(bench.queue()).toEqual(['c#1', 'c#2'])
    expect(bench.woken).toEqual([])
  })

  test('a release by a waiter that leaves wakes the next one even if it held nothing', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.acquire('2', { queue: bench.waiter('c#2', NOW + 1) })
    bench.release('v')
    bench.woken.length = 0
    expect(bench.release('c#1')).toEqual(refused('gone'))
    expect(bench.woken).toEqual(['c#2'])
    expect(bench.queue()).toEqual(['c#2'])
  })
})

describe('the queue', () => {
  test('the queue is in the order of the waiters’ own times, not of arrival, and equal times are ordered by name', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter('c#1', NOW) })
    bench.acquire('2', { queue: bench.waiter('b#1', NOW) })
    bench.acquire('3', { queue: bench.waiter('z#1', NOW - 500) })
    expect(bench.queue()).toEqual(['z#1', 'b#1', 'c#1'])
    bench.release('v')
    expect(bench.acquire('1', { queue: bench.waiter('c#1', NOW) })).toEqual(
      refused('queued', { remaining: 3_000 }),
    )
    expect(bench.acquire('x')).toEqual(refused('queued', { remaining: 3_000 }))
    expect(bench.acquire('3', { queue: bench.waiter('z#1', NOW - 500) })).toEqual(granted)
    expect(bench.queue()).toEqual(['b#1', 'c#1'])
  })

  test('an acquire that ignores the queue overtakes it', () => {
    const bench = new Bench()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.release('v')
    expect(bench.acquire('x', { queue: 'ignore' })).toEqual(granted)
  })

  test('a place is kept only once, regardless of renewals, and until it expires', () => {
    const bench = new Bench()
    bench.acquire('v', { ttl: 60_000 })
    for (let beat = 0; beat < 5; beat++) {
      bench.acquire('1', { queue: bench.waiter('c#1', NOW, bench.now - NOW) })
      bench.now += 2_900
    }
    expect(bench.queue()).toEqual(['c#1'])
    bench.now += 101
    bench.release('v')
    expect(bench.woken).toEqual([])
    expect(bench.acquire('x')).toEqual(granted)
  })

  test('a wrong clock can neither jump the queue nor starve', () => {
    const bench = new Bench()
    bench.acquire('v', { ttl: 60_000 })
    bench.acquire('1', { queue: bench.waiter('honest#1', NOW) })
    bench.now += 2_000
    bench.acquire('2', { queue: bench.waiter('past#1', NOW - 3_600_000, 0) })
    bench.acquire('3', { queue: bench.waiter('future#1', NOW + 3_600_000, 0) })
    expect(bench.queue()).toEqual(['honest#1', 'future#1', 'past#1'])
    bench.now += 500
    bench.acquire('4', { queue: bench.waiter('later#1', bench.now) })
    expect(bench.queue().at(-1)).toBe('later#1')
  })

  test('a waiter for several keys is in the queue of each', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['b'] })
    bench.acquire('1', { keys: ['a', 'b'], queue: bench.waiter('c#1') })
    expect([bench.queue('a'), bench.queue('b')]).toEqual([['c#1'], ['c#1']])
    expect(bench.acquire('x', { keys: ['a'] })).toEqual(refused('queued', { remaining: 3_000 }))
  })

  test('a waiter that only watches is woken, and delays no other waiter', () => {
    const bench = new Bench()
    bench.acquire('v')
    const watch = { id: 'w#1', at: Infinity, age: 0, life: 3_000 }
    bench.do({ kind: 'inspect', keys: ['a'], watch })
    bench.do({ kind: 'inspect', keys: ['free'], watch })
    expect(bench.state.queues.has('free')).toBe(false)
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.release('v')
    expect(bench.woken).toEqual(['c#1'])
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.release('1')
    expect(bench.woken).toEqual(['c#1', 'w#1'])
    expect(bench.acquire('x')).toEqual(granted)
  })
})

describe('the handover', () => {
  const offered = 'c#1@10000'
  const marker = { key: 'fleet', stamp: 'stamp', longestTtl: 0 }

  /** A bench with a marker, so that its node may vote. */
  const benchOfFleet = (): Bench => {
    const bench = new Bench()
    bench.state.markers.set('fleet', {
      ...{ fleet: 'f', run: 'run-1', stamp: 'stamp', longestTtl: 10 },
      ...{ highestToken: 0, floor: 0, opened: true, seats: '', forgot: false, quarantinedUntil: null },
    })
    return bench
  }

  test('a released lock is handed to the next waiter for as long as its place would have lasted', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.acquire('2', { queue: bench.waiter('d#2@10000', NOW + 1) })
    bench.now += 400
    bench.release('v', { marker })
    expect(bench.state.locks.get('a')).toEqual({ value: offered, expiresAt: NOW + 3_000 })
    expect([...bench.handed]).toEqual([
      [offered, { remaining: 2_600, deadline: NOW + 3_000, stamp: marker.stamp }],
    ])
    expect(bench.queue()).toEqual(['d#2@10000'])
    expect(bench.acquire('x')).toEqual(refused('held', { remaining: 2_600 }))
  })

  test('a handover lasts no longer than the offer', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter('c#1@50') })
    bench.release('v', { marker })
    expect(bench.handed.get('c#1@50')).toEqual({ remaining: 50, deadline: NOW + 3_000, stamp: marker.stamp })
    bench.now += 51
    expect(bench.acquire('x')).toEqual(granted)
  })

  test('a lock that was handed over is extended, released and passed on under the name of the place', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.acquire('2', { queue: bench.waiter('d#2', NOW + 1) })
    bench.release('v', { marker })
    expect(bench.extend(offered, 5_000)).toEqual(granted)
    expect(bench.release(offered, { marker })).toEqual(granted)
    expect(bench.woken).toEqual([offered, 'd#2'])
    expect(bench.state.locks.size).toBe(0)
  })

  test('a lock that was handed over is confirmed by the attempt of its waiter, even if an earlier waiter has joined the queue', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.release('v', { marker })
    bench.acquire('3', { queue: bench.waiter('older#1', NOW - 10) })
    bench.now += 100
    expect(bench.acquire(offered, { queue: bench.waiter(offered, NOW, 100) })).toEqual(granted)
    expect(bench.state.locks.get('a')).toEqual({ value: offered, expiresAt: NOW + 1_100 })
    expect(bench.queue()).toEqual(['older#1'])
  })

  test('a lock that was handed over is released with the place', () => {
    const bench = benchOfFleet()
    bench.acquire('v', { keys: ['a', 'b'] })
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.acquire('1', { keys: ['b'], queue: bench.waiter(offered) })
    bench.do({ kind: 'release', keys: ['a'], value: 'v', marker })
    bench.do({ kind: 'release', keys: ['a', 'b'], value: offered, marker })
    expect(bench.state.locks.has('a')).toBe(false)
    expect(bench.queue('b')).toEqual([])
  })

  test('a lock is not handed back to a waiter that has just released its grant, except if it only changes its name', () => {
    const bench = benchOfFleet()
    bench.acquire('c#1.1@10000')
    bench.release('c#1.1@10000', { requeue: bench.waiter('c#1.2@10000'), marker })
    expect(bench.state.locks.size).toBe(0)
    expect(bench.woken).toEqual([])
    bench.release('c#1.2@10000', { requeue: bench.waiter('c#1.3@10000'), marker })
    expect(bench.state.locks.get('a')?.value).toBe('c#1.3@10000')
  })

  test('a released lock stays free if no waiter listens', () => {
    const bench = benchOfFleet()
    bench.deaf.add(offered)
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.release('v', { marker })
    expect(bench.state.locks.size).toBe(0)
    expect(bench.queue()).toEqual([])
  })

  test('a handover skips waiters without a subscriber, whether the next one accepts an offer or not', () => {
    for (const next of ['d#1@10000', 'd#1']) {
      const bench = benchOfFleet()
      bench.acquire('v')
      for (let number = 1; number <= 5; number++) {
        const dead = `c#${number}@${number % 2 === 0 ? 0 : 10_000}`
        bench.deaf.add(dead)
        bench.acquire(dead, { queue: bench.waiter(dead, NOW + number) })
      }
      bench.acquire(next, { queue: bench.waiter(next, NOW + 9) })
      bench.release('v', { marker })
      expect(bench.woken).toEqual([next])
      expect(bench.acquire(next, { queue: bench.waiter(next, NOW + 9) })).toEqual(granted)
      expect(bench.queue()).toEqual([])
    }
  })

  test('a handover skips at most a hundred places, and wakes watchers if no waiter is queued', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    for (let number = 0; number < 120; number++) {
      bench.deaf.add(`c#${number}@0`)
      bench.acquire(`c#${number}@0`, { queue: bench.waiter(`c#${number}@0`, NOW + number) })
    }
    bench.do({ kind: 'inspect', keys: ['a'], watch: bench.waiter('w#1', Infinity) })
    bench.release('v', { marker })
    expect(bench.queue()).toHaveLength(21)
    expect(bench.woken).toEqual([])
    bench.acquire('d', { queue: 'ignore' })
    bench.release('d', { marker })
    expect(bench.queue()).toEqual(['w#1'])
    expect(bench.woken).toEqual(['w#1'])
  })

  test('a handover does not skip a waiter that does not listen, because it polls on its own and would never get its turn', () => {
    const bench = benchOfFleet()
    bench.deaf.add('c#1')
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter('c#1') })
    bench.acquire('2', { queue: bench.waiter('d#2@10000', NOW + 1) })
    bench.release('v', { marker })
    expect(bench.state.locks.size).toBe(0)
    expect(bench.queue()).toEqual(['c#1', 'd#2@10000'])
  })

  test('a node that may not vote leaves the places as they are, because its subscribers prove nothing', () => {
    const bench = benchOfFleet()
    bench.deaf.add(offered)
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.release('v', { marker: { key: 'fleet', stamp: 'run-0', longestTtl: 0 } })
    expect(bench.queue()).toEqual([offered])
  })

  test.each([
    ['a waiter that wants to be woken only', 'c#1', { marker }],
    ['a release that knows no marker', offered, { marker: undefined }],
    [
      'a release that knows an earlier run',
      offered,
      { marker: { key: 'fleet', stamp: 'run-0', longestTtl: 0 } },
    ],
    ['a node in quarantine', offered, { marker, quarantinedUntil: NOW + 9 }],
  ])(
    'with %s no lock is handed over, and the next waiter is woken',
    (_, id, world: { marker: typeof marker | undefined; quarantinedUntil?: number }) => {
      const bench = benchOfFleet()
      bench.state.markers.get('fleet')!.quarantinedUntil = world.quarantinedUntil ?? null
      bench.acquire('v')
      bench.acquire('1', { queue: bench.waiter(id) })
      bench.release('v', { marker: world.marker })
      expect(bench.woken).toEqual([id])
      expect(bench.handed.size).toBe(0)
      expect(bench.state.locks.size).toBe(0)
      expect(bench.queue()).toEqual([id])
    },
  )

  test('a handover counts for the longest TTL that a marker records', () => {
    const bench = benchOfFleet()
    bench.acquire('v')
    bench.acquire('1', { queue: bench.waiter(offered) })
    bench.release('v', { marker })
    expect(bench.state.markers.get('fleet')?.longestTtl).toBe(3_000)
  })
})

describe('a lock that another process has resumed', () => {
  const resume = (bench: Bench, bearer: number): NodeReply =>
    bench.do({ kind: 'extend', keys: ['a', 'b'], value: 'v', ttl: 1_000, bearer })
  const releasedBy = (bench: Bench, bearer?: number): NodeReply =>
    bench.do({ kind: 'release', keys: ['a', 'b'], value: 'v', bearer })

  test('the first bearer can no longer extend or release a resumed lock', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    expect(resume(bench, 0)).toEqual(granted)
    expect(resume(bench, 1)).toEqual(granted)
    expect(resume(bench, 0)).toEqual(refused('taken'))
    expect(releasedBy(bench, 0)).toEqual(refused('taken'))
    expect(bench.state.locks.size).toBe(2)
    expect(resume(bench, 2)).toEqual(granted)
    expect(releasedBy(bench, 1)).toEqual(refused('taken'))
    expect(releasedBy(bench, 2)).toEqual(granted)
    expect(bench.state.locks.size).toBe(0)
  })

  test('a lock can be resumed again after a resume that failed', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    expect(resume(bench, 1)).toEqual(granted)
    expect(resume(bench, 1)).toEqual(granted)
  })

  test('a bearer is forgotten with its key, and has no effect on the next lock', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['a', 'b'] })
    resume(bench, 1)
    releasedBy(bench, 1)
    bench.acquire('w', { keys: ['a', 'b'] })
    expect(bench.do({ kind: 'extend', keys: ['a', 'b'], value: 'w', ttl: 1_000, bearer: 0 })).toEqual(granted)
    bench.now += 5_000
    for (let command = 0; command < 3_000; command++) bench.acquire('x', { keys: ['c'] })
    expect(bench.state.bearers.size).toBe(0)
  })
})

test('force deletes keys regardless of their value and wakes the next waiter', () => {
  const bench = new Bench()
  bench.acquire('v')
  bench.acquire('1', { queue: bench.waiter('c#1') })
  expect(bench.do({ kind: 'force', keys: ['a', 'b'] })).toEqual(granted)
  expect(bench.woken).toEqual(['c#1'])
  expect(bench.do({ kind: 'force', keys: ['a', 'b'] })).toEqual(refused('gone'))
})

test('inspect shows value, time, waiters and token, and changes nothing', () => {
  const bench = new Bench()
  bench.acquire('v', { fence: { token: 9, retention: 10 } })
  bench.acquire('1', { queue: bench.waiter('c#1') })
  bench.now += 400
  expect(bench.do({ kind: 'inspect', keys: ['a', 'b'] })).toMatchObject({
    vote: 'granted',
    sightings: [
      { key: 'a', value: 'v', remaining: 600, waiters: ['c#1'], counter: 9 },
      { key: 'b', value: null, remaining: null, waiters: [], counter: 0 },
    ],
  })
})

describe('tokens', () => {
  const fence = (token: number) => ({ fence: { token, retention: 5_000 } })

  test('a token is granted only above the highest one of all keys of the command', () => {
    const bench = new Bench()
    bench.acquire('v', { keys: ['b'], ...fence(10) })
    bench.do({ kind: 'release', keys: ['b'], value: 'v' })
    expect(bench.acquire('w', { keys: ['a', 'b'], ...fence(10) })).toEqual(refused('stale', { counter: 10 }))
    expect(bench.state.locks.size).toBe(0)
    expect(bench.acquire('w', { keys: ['a', 'b'], ...fence(11) })).toEqual(granted)
  })

  test('a token counter outlives the lock by its retention, and then ends', () => {
    const bench = new Bench()
    bench.acquire('v', fence(10))
    bench.now += 6_000
    expect(bench.acquire('w', fence(5))).toEqual(refused('stale', { counter: 10 }))
    bench.now += 1
    expect(bench.acquire('w', fence(5))).toEqual(granted)
  })
})

describe('the marker', () => {
  const marker = 'fleet'
  const mark = (bench: Bench, mode: MarkCommand['mode'], rest: Partial<MarkCommand> = {}) => {
    const order = { kind: 'mark', marker, mode, fleet: 'f', run: bench.state.run, seats: 'all' } as const
    const replaced = mode === 'open' ? 'all' : undefined
    return bench.do({ ...order, replaced, stamp: 'stamp', longestTtl: 700, floor: 0, duration: 0, ...rest })
  }
  const found = (bench: Bench) => {
    mark(bench, 'plant', { duration: 1_000 })
    mark(bench, 'found')
    mark(bench, 'open')
  }
  const check = { marker: { key: marker, stamp: 'stamp', longestTtl: 0 } }
  const seen = (reply: NodeReply) => (reply.vote === 'granted' ? reply.greeting?.marker : undefined)

  test('a marker that is missing or of another run bars acquires, and nothing else', () => {
    const bench = new Bench()
    expect(bench.acquire('v', check)).toEqual(refused('unmarked'))
    found(bench)
    expect(bench.acquire('v', check)).toEqual(granted)
    bench.state.markers.clear()
    expect(bench.extend('v')).toEqual(granted)
    expect(bench.release('v')).toEqual(granted)
  })

  test('the marker records the longest TTL and the highest token that were granted', () => {
    const bench = new Bench()
    found(bench)
    bench.acquire('v', { ...check, ttl: 5_000, fence: { token: 42, retention: 1 } })
    bench.do({ kind: 'extend', keys: ['a'], value: 'v', ttl: 9_000, ...check })
    expect(seen(bench.do({ kind: 'greet', marker }))).toEqual({
      fleet: 'f',
      run: 'run-1',
      stamp: 'stamp',
      longestTtl: 9_000,
      highestToken: 42,
      ...{ opened: true, seats: 'all', forgot: false },
      quarantine: null,
    })
  })

  const isFoundedBy = (bench: Bench, rest: Partial<MarkCommand> = {}): boolean =>
    seen(mark(bench, 'found', { seats: 'new', ...rest }))?.seats === 'new'

  test('a node is founded only under the stamp that is planted there, and while that lasts', () => {
    const bench = new Bench()
    const plant = (stamp: string) =>
      mark(bench, 'plant', { stamp, seat: `seat of ${stamp}`, duration: 1_000 })
    expect(isFoundedBy(bench)).toBe(false)
    plant('first')
    const kept = plant('second')
    expect(kept.vote === 'granted' && kept.greeting).toEqual({
      ...{ run: 'run-1', durable: false, marker: null },
      planted: { stamp: 'first', seat: 'seat of first' },
    })
    expect(isFoundedBy(bench, { stamp: 'second' })).toBe(false)
    bench.now += 1_001
    expect(isFoundedBy(bench, { stamp: 'first' })).toBe(false)
    plant('third')
    expect(isFoundedBy(bench, { stamp: 'third' })).toBe(true)
    const again = plant('fourth')
    expect(again.vote === 'granted' && again.greeting?.planted).toBeUndefined()
  })

  test('a node that was founded casts no vote until it is opened, with the seats that it has', () => {
    const bench = new Bench()
    mark(bench, 'plant', { duration: 1_000 })
    expect(seen(mark(bench, 'found'))).toMatchObject({ opened: false, seats: 'all' })
    mark(bench, 'open', { replaced: 'others' })
    mark(bench, 'open', { stamp: 'another' })
    expect(bench.acquire('v', check)).toEqual(refused('unmarked'))
    expect(bench.do({ kind: 'extend', keys: ['a'], value: 'v', ttl: 9_000, ...check })).toEqual(
      refused('unmarked'),
    )
    mark(bench, 'open')
    expect(bench.acquire('v', check)).toEqual(granted)
  })

  test('another founder takes up what was founded only if it is as it saw it, and nothing that is opened', () => {
    const bench = new Bench()
    mark(bench, 'plant', { duration: 1_000 })
    mark(bench, 'found')
    expect(isFoundedBy(bench, { replaced: 'others' })).toBe(false)
    expect(isFoundedBy(bench, { replaced: 'all', stamp: 'another' })).toBe(false)
    expect(isFoundedBy(bench)).toBe(false)
    expect(isFoundedBy(bench, { replaced: 'all' })).toBe(true)
    mark(bench, 'open', { replaced: 'new', seats: 'all', fleet: 'older' })
    expect(seen(mark(bench, 'found', { replaced: 'all', seats: 'newest' }))).toMatchObject({
      ...{ fleet: 'older', seats: 'all', opened: true },
    })
  })

  test('what was founded and not opened is put into quarantine for the fleet that votes', () => {
    const bench = new Bench()
    mark(bench, 'plant', { duration: 1_000 })
    mark(bench, 'found')
    // Those of its own fleet will open it.
    expect(seen(mark(bench, 'quarantine', { duration: 500 }))).toMatchObject({
      opened: false,
      quarantine: null,
    })
    expect(seen(mark(bench, 'quarantine', { seats: 'theirs', duration: 500 }))).toMatchObject({
      ...{ opened: true, seats: 'theirs', forgot: true, quarantine: 500 },
    })
  })

  test('a node has forgotten until it is admitted, whatever happens to it in the meantime', () => {
    const bench = new Bench()
    mark(bench, 'quarantine', { duration: 1_000 })
    bench.state.run = 'run-2'
    expect(seen(mark(bench, 'quarantine', { duration: 1_000 }))).toMatchObject({ forgot: true })
    expect(seen(mark(bench, 'lift', { longestTtl: 9_000 }))).toMatchObject({
      forgot: false,
      longestTtl: 9_000,
    })
    bench.state.run = 'run-3'
    expect(seen(mark(bench, 'quarantine', { duration: 1_000 }))).toMatchObject({ forgot: false })
  })

  test('a quarantine that became too long because a clock was set back is shortened, never extended', () => {
    const bench = new Bench()
    mark(bench, 'quarantine', { duration: 1_000 })
    bench.now -= 60_000
    expect(seen(mark(bench, 'shorten', { duration: 1_000, run: 'another' }))).toMatchObject({
      quarantine: 61_000,
    })
    expect(seen(mark(bench, 'shorten', { duration: 1_000 }))).toMatchObject({ quarantine: 1_000 })
    bench.now += 400
    expect(seen(mark(bench, 'shorten', { duration: 1_000 }))).toMatchObject({ quarantine: 600 })
    bench.now += 600
    expect(seen(mark(bench, 'shorten', { duration: 1_000 }))).toMatchObject({ quarantine: 0 })
  })

  test('a quarantine refuses acquires until its time has passed and it has been ended', () => {
    const bench = new Bench()
    mark(bench, 'quarantine', { duration: 1_000, floor: 50 })
    expect(bench.acquire('v', check)).toEqual(refused('quarantined', { remaining: 1_000 }))
    bench.now += 999
    expect(seen(mark(bench, 'admit'))).toMatchObject({ quarantine: 1 })
    bench.now += 1
    expect(bench.acquire('v', check)).toEqual(refused('quarantined', { remaining: 0 }))
    expect(seen(mark(bench, 'admit', { floor: 60 }))).toMatchObject({ quarantine: null, highestToken: 60 })
    expect(bench.acquire('v', { ...check, fence: { token: 60, retention: 1 } })).toEqual(
      refused('stale', { counter: 60 }),
    )
    expect(bench.acquire('v', { ...check, fence: { token: 61, retention: 1 } })).toEqual(granted)
  })

  test('a marker of this run is not put into quarantine by a late client', () => {
    const bench = new Bench()
    found(bench)
    expect(seen(mark(bench, 'quarantine', { duration: 1_000 }))).toMatchObject({ quarantine: null })
  })

  test('a marker of an earlier run keeps its own record through a quarantine, and a longer one that has begun', () => {
    const bench = new Bench()
    mark(bench, 'quarantine', { duration: 9_000, longestTtl: 8_000, floor: 70 })
    bench.state.run = 'run-2'
    expect(seen(mark(bench, 'quarantine', { duration: 1_000, longestTtl: 10, floor: 5 }))).toEqual({
      fleet: 'f',
      run: 'run-2',
      stamp: 'stamp',
      longestTtl: 8_000,
      highestToken: 70,
      ...{ opened: true, seats: 'all', forgot: true },
      quarantine: 9_000,
    })
  })

  test('an operator can lift a quarantine at once', () => {
    const bench = new Bench()
    mark(bench, 'quarantine', { duration: 9_000 })
    expect(seen(mark(bench, 'lift'))).toMatchObject({ quarantine: null })
    expect(bench.acquire('v', check)).toEqual(granted)
  })
})

describe('a node that is restored', () => {
  const marker = { key: 'fleet', stamp: 'stay', longestTtl: 0 }
  type Mode = MarkCommand['mode']

  const mark = (bench: Bench, mode: Mode, rest: Partial<MarkCommand> = {}) => {
    const order = { kind: 'mark', marker: 'fleet', mode, fleet: 'f', run: bench.state.run } as const
    return bench.do({ ...order, stamp: 'stay', longestTtl: 0, floor: 0, duration: 60_000, ...rest })
  }
  const benchIn = (mode: 'found' | 'quarantine'): Bench => {
    const bench = new Bench()
    if (mode === 'found') found(bench)
    else mark(bench, mode)
    return bench
  }
  const found = (bench: Bench) => {
    for (const mode of ['plant', 'found'] as const) mark(bench, mode, { seats: 'all' })
    mark(bench, 'open', { seats: 'all', replaced: 'all' })
  }
  const claim = (bench: Bench, by: string, progress = 0, duration = 5_000) =>
    claimIn(mark(bench, 'claim', { claim: { by, progress }, duration }))
  const claimIn = (reply: NodeReply) => reply.vote === 'granted' && reply.greeting?.marker?.claim
  const copy = (key: string, rest: Partial<Copy> = {}): Copy => ({
    ...{ key, value: 'v', ttl: 1_000, bearer: 0 },
    ...rest,
  })
  const restore = (bench: Bench, ...copies: readonly Copy[]) => bench.do({ kind: 'restore', copies, marker })
  const tidy = (bench: Bench, key: string, expiresAt: number, value = 'v') =>
    bench.do({ kind: 'tidy', copies: [{ key, value, expiresAt }], marker })
  const page = (bench: Bench, cursor: string | null, count = 3): Listing => {
    const reply = bench.do({ kind: 'list', prefix: 'lock:', cursor, count, marker })
    return (reply.vote === 'granted' && reply.listing) as Listing
  }
  const keysOn = ({ locks }: Listing): string[] => locks.map(({ key }) => key)

  test('a listing has every lock under the prefix once, with its remaining time and its bearer', () => {
    const bench = benchIn('found')
    for (const key of ['lock:c', 'lock:a', 'lock:d', 'other', 'lock:b']) bench.acquire('v', { keys: [key] })
    bench.do({ kind: 'extend', keys: ['lock:b'], value: 'v', ttl: 3_000, bearer: 2 })
    bench.now += 1_000
    const first = page(bench, null)
    expect(first.locks).toEqual([
      { key: 'lock:a', value: 'v', remaining: 0, bearer: 0 },
      { key: 'lock:b', value: 'v', remaining: 2_000, bearer: 2 },
      { key: 'lock:c', value: 'v', remaining: 0, bearer: 0 },
    ])
    const second = page(bench, first.cursor)
    expect([keysOn(second), second.cursor]).toEqual([['lock:d'], null])
  })

  test('a listing has every lock that stays, although those around its cursor are released or expire', () => {
    const bench = benchIn('found')
    for (let number = 1; number <= 9; number++) bench.acquire('v', { keys: [`lock:${number}`] })
    const first = page(bench, null)
    expect(keysOn(first)).toEqual(['lock:1', 'lock:2', 'lock:3'])
    for (const key of ['lock:1', 'lock:3', 'lock:4']) bench.do({ kind: 'force', keys: [key] })
    for (const key of ['lock:6', 'lock:9']) {
      bench.do({ kind: 'extend', keys: [key], value: 'v', ttl: 9_000 })
    }
    bench.now += 5_000
    const second = page(bench, first.cursor)
    expect(keysOn(second)).toEqual(['lock:6'])
    const third = page(bench, second.cursor)
    expect([keysOn(third), third.cursor]).toEqual([['lock:9'], null])
  })

  test('a node lists its locks only for clients that know its stamp, and not in quarantine', () => {
    const bench = new Bench()
    const list = () => bench.do({ kind: 'list', prefix: '', cursor: null, count: 3, marker })
    expect(list()).toEqual(refused('unmarked'))
    mark(bench, 'quarantine')
    expect(list()).toEqual(refused('quarantined', { remaining: 60_000 }))
    mark(bench, 'restored')
    expect(list()).toEqual(granted)
  })

  test('a free key gets the copy, and the same value is prolonged but never shortened', () => {
    const bench = benchIn('quarantine')
    bench.acquire('v', { keys: ['shorter'], ttl: 500 })
    bench.acquire('v', { keys: ['longer'], ttl: 5_000 })
    const reply = restore(bench, copy('free'), copy('shorter'), copy('longer'))
    expect(reply).toEqual(expect.objectContaining({ vote: 'granted', lives: [1_000, 1_000, 5_000] }))
    expect(bench.state.locks.get('free')).toEqual({ value: 'v', expiresAt: NOW + 1_000 })
    expect(bench.state.locks.get('longer')).toEqual({ value: 'v', expiresAt: NOW + 5_000 })
  })

  test.each([
    ['shorter', 500, 1_000],
    ['longer', 5_000, 5_000],
  ])('another value with a %s life becomes a tombstone for the longer of both times', (_, ttl, life) => {
    const bench = benchIn('quarantine')
    bench.acquire('w', { ttl })
    expect(restore(bench, copy('a', { bearer: 1 }))).toEqual(expect.objectContaining({ lives: [life] }))
    expect(bench.state.locks.get('a')).toEqual({ value: TOMBSTONE, expiresAt: NOW + life })
    expect(bench.release('v')).toEqual(refused('gone'))
    expect(bench.release('w')).toEqual(refused('gone'))
    expect(bench.state.locks.has('a')).toBe(true)
  })

  test('the highest bearer is restored with its lock, and lives as long', () => {
    const bench = benchIn('quarantine')
    const extend = (bearer: number) => bench.do({ kind: 'extend', keys: ['a'], value: 'v', ttl: 500, bearer })
    restore(bench, copy('a', { bearer: 2, ttl: 500 }))
    bench.now += 400
    restore(bench, copy('a', { bearer: 1 }))
    bench.now += 600
    expect(extend(1)).toEqual(refused('taken'))
    expect(extend(2)).toEqual(granted)
  })

  test('a bearer that has expired is not a reason to forget the one of a copy', () => {
    const bench = benchIn('quarantine')
    restore(bench, copy('a', { bearer: 2, ttl: 500 }))
    bench.now += 501
    restore(bench, copy('a', { bearer: 1 }))
    expect(bench.do({ kind: 'extend', keys: ['a'], value: 'v', ttl: 500, bearer: 0 })).toEqual(
      refused('taken'),
    )
  })

  test('nothing is restored under another stamp, without a marker, or once the quarantine is over', () => {
    const bench = new Bench()
    expect(restore(bench, copy('a'))).toEqual(refused('unmarked'))
    mark(bench, 'quarantine', { stamp: 'another stay' })
    expect(restore(bench, copy('a'))).toEqual(refused('unmarked'))
    mark(bench, 'lift')
    mark(bench, 'quarantine', { run: 'run-2' })
    expect(restore(bench, copy('b'))).toEqual(granted)
    mark(bench, 'restored', { run: 'run-2' })
    expect(restore(bench, copy('c'))).toEqual(refused('unmarked'))
    expect([...bench.state.locks.keys()]).toEqual(['b'])
  })

  test('a node in quarantine casts no vote: it never reports a lock as gone, extends nothing, and repairs nothing', () => {
    const bench = benchIn('quarantine')
    const extend = (keys: readonly string[], value: string) =>
      bench.do({ kind: 'extend', keys, value, ttl: 1_000, marker })
    const repair = () => bench.do({ kind: 'repair', keys: ['b'], value: 'v', ttl: 1_000, marker })
    bench.acquire('v')
    for (const [keys, value] of [
      [['a'], 'v'],
      [['a'], 'w'],
      [['a', 'b'], 'v'],
    ] as const) {
      expect(extend(keys, value)).toEqual(refused('quarantined', { remaining: 60_000 }))
    }
    expect(repair()).toEqual(refused('quarantined', { remaining: 60_000 }))
    bench.state.markers.clear()
    expect(extend(['a', 'b'], 'v')).toEqual(refused('unmarked'))
    expect(repair()).toEqual(refused('unmarked'))
  })

  test('a copy that nobody has used is deleted, which wakes the next waiter but hands it nothing', () => {
    const bench = benchIn('quarantine')
    restore(bench, copy('a'))
    expect(tidy(bench, 'a', NOW + 1_000)).toEqual(refused('quarantined', { remaining: 60_000 }))
    mark(bench, 'restored')
    bench.acquire('w', { queue: bench.waiter('c#1@10000') })
    bench.now += 100
    expect(tidy(bench, 'a', NOW + 1_002)).toEqual(granted)
    expect(bench.woken).toEqual(['c#1@10000'])
    expect(bench.state.locks.has('a')).toBe(false)
    expect(bench.handed.size).toBe(0)
  })

  test('a copy stays if its time has changed, or if its value has', () => {
    const bench = benchIn('quarantine')
    restore(bench, copy('a'), copy('b'))
    mark(bench, 'restored')
    bench.extend('v', 1_003)
    expect(tidy(bench, 'a', NOW + 1_000)).toEqual(granted)
    expect(tidy(bench, 'b', NOW + 1_000, TOMBSTONE)).toEqual(granted)
    expect([...bench.state.locks.keys()]).toEqual(['a', 'b'])
    expect(bench.woken).toEqual([])
  })

  test('two clients do not restore one node: the second is shown the claim of the first until it lapses', () => {
    const bench = benchIn('quarantine')
    expect(claim(bench, 'first')).toEqual({ by: 'first', progress: 0 })
    bench.now += 4_000
    expect(claim(bench, 'second')).toEqual({ by: 'first', progress: 0 })
    expect(claim(bench, 'first', 0.5)).toEqual({ by: 'first', progress: 0.5 })
    bench.now += 4_999
    expect(claim(bench, 'second')).toEqual({ by: 'first', progress: 0.5 })
    bench.now += 1
    expect(claimIn(bench.do({ kind: 'greet', marker: 'fleet' }))).toBeUndefined()
    expect(claim(bench, 'second', 0.1)).toEqual({ by: 'second', progress: 0.1 })
  })

  test('a claim from before the clock was set back keeps no other client from restoring the node', () => {
    const bench = benchIn('quarantine')
    claim(bench, 'first')
    bench.now -= 1
    expect(claim(bench, 'second')).toEqual({ by: 'second', progress: 0 })
  })

  test('only the stay that a client knows can be claimed, or ended as restored', () => {
    const bench = benchIn('found')
    expect(claim(bench, 'first')).toBeUndefined()
    mark(bench, 'quarantine', { run: 'run-2' })
    for (const wrong of [{ stamp: 'another' }, { run: 'run-3' }]) {
      const by = { claim: { by: 'first', progress: 0 } }
      expect(claimIn(mark(bench, 'claim', { run: 'run-2', ...by, ...wrong }))).toBeUndefined()
      mark(bench, 'restored', { run: 'run-2', ...wrong })
      expect(bench.acquire('v', { marker })).toEqual(refused('quarantined', { remaining: 60_000 }))
    }
    mark(bench, 'restored', { run: 'run-2', floor: 7 })
    expect(bench.acquire('v', { marker, fence: { token: 7, retention: 1 } })).toEqual(
      refused('stale', { counter: 7 }),
    )
  })

  test('a claim ends with its quarantine, and with the next loss of data', () => {
    const bench = benchIn('quarantine')
    claim(bench, 'first')
    expect(claimIn(mark(bench, 'quarantine', { run: 'run-2' }))).toBeUndefined()
    claimIn(mark(bench, 'claim', { run: 'run-2', claim: { by: 'first', progress: 0 } }))
    expect(claimIn(mark(bench, 'restored', { run: 'run-2' }))).toBeUndefined()
  })
})

test('memory is proportional to live entries: expired locks, places and counters are swept', () => {
  const bench = new Bench()
  for (let index = 0; index < 50_000; index++) {
    const key = `k${index}`
    bench.do({
      kind: 'acquire',
      keys: [key],
      value: 'v',
      ttl: 10,
      queue: 'respect',
      fence: { token: index + 1, retention: 10 },
    })
    bench.do({
      kind: 'acquire',
      keys: [key],
      value: 'w',
      ttl: 10,
      queue: { ...bench.waiter(`c#${index}`), life: 10 },
    })
    bench.now += 1
  }
  const { locks, queues, counters } = bench.state
  for (const map of [locks, queues, counters]) expect(map.size).toBeLessThan(5_000)
})
