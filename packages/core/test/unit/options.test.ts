import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/clock.js'
import type { LockNode } from '../../src/node/lock-node.js'
import { memoryNode } from '../../src/node/memory-node.js'
import { resolveCall, resolveOptions } from '../../src/resolve-options.js'
import { systemRandom } from '../../src/random.js'
import { Redlock } from '../../src/redlock.js'
import { World } from '../support/world.js'

const nodes = () => [memoryNode(), memoryNode(), memoryNode()]

function errorOf(options: object): Error {
  try {
    new Redlock(options as never)
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

test('every default is as documented', () => {
  const given = nodes()
  const { logger, lacking, ...rest } = resolveOptions({ nodes: given })
  expect(rest).toEqual({
    nodes: given,
    ttl: 30_000,
    wait: 10_000,
    retryInterval: 100,
    autoExtend: true,
    maxHold: undefined,
    fair: true,
    spread: 'soon',
    fencing: false,
    fenceRetention: 3_600_000,
    driftFactor: 0.01,
    nodeTimeout: 1_000,
    restore: true,
    found: 'all',
    givenNodeTimeout: undefined,
    quorum: 2,
    guard: true,
    keyPrefix: 'lock:',
    deadlockDetection: { warnAfter: 300_000, captureStack: false },
    clock: systemClock,
    random: systemRandom,
  })
  expect(lacking).toEqual(new Set())
  expect(Object.keys(logger)).toEqual(['debug', 'info', 'warn', 'error'])
})

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [6, 4],
  [7, 4],
])('the majority of %i nodes is %i', (size, quorum) => {
  const redlock = new Redlock({ nodes: Array.from({ length: size }, () => memoryNode()) })
  expect(redlock.quorum).toBe(quorum)
})

test.each([
  [4, 2],
  [10, 5],
  [100, 50],
  [1_000, 50],
  [10_000, 500],
  [20_000, 1_000],
  [600_000, 1_000],
])('with a TTL of %i ms a node has %i ms to answer by default', (ttl, nodeTimeout) => {
  const client = resolveOptions({ nodes: nodes() })
  expect(resolveCall({ ttl }, client).nodeTimeout).toBe(nodeTimeout)
  expect(resolveOptions({ nodes: nodes(), ttl }).nodeTimeout).toBe(nodeTimeout)
  expect(resolveCall({ ttl: 5_000 }, resolveOptions({ nodes: nodes(), nodeTimeout: 77 })).nodeTimeout).toBe(
    77,
  )
})

test('an option of a call overrides that of the client, and leaves the other options as they are', () => {
  const client = resolveOptions({ nodes: nodes(), ttl: 5_000, wait: 7, fair: false })
  expect(resolveCall(undefined, client)).toBe(client)
  expect(resolveCall({ wait: 8, autoExtend: undefined }, client)).toMatchObject({
    ttl: 5_000,
    wait: 8,
    fair: false,
    autoExtend: true,
  })
})

const time = [
  [Number.NaN, RangeError],
  [-1, RangeError],
  [1.5, RangeError],
  [-Infinity, RangeError],
  [2 ** 53, RangeError],
  ['100', TypeError],
  [null, TypeError],
  [{}, TypeError],
  [10n, TypeError],
] as const
const flag = [
  [0, TypeError],
  ['true', TypeError],
  [null, TypeError],
] as const
const share = [
  [Number.NaN, RangeError],
  [-0.01, RangeError],
  [0.5, RangeError],
  [Infinity, RangeError],
  ['0.01', TypeError],
] as const

const wrongForCall: [string, unknown, ErrorConstructor][] = [
  ...['ttl', 'retryInterval', 'nodeTimeout', 'maxHold', 'fenceRetention'].flatMap((name) =>
    [...time, [0, RangeError] as const, [Infinity, RangeError] as const].map(
      ([value, type]) => [name, value, type] as [string, unknown, ErrorConstructor],
    ),
  ),
  ...time.map(([value, type]) => ['wait', value, type] as [string, unknown, ErrorConstructor]),
  ...['autoExtend', 'fair', 'fencing'].flatMap((name) =>
    flag.map(([value, type]) => [name, value, type] as [string, unknown, ErrorConstructor]),
  ),
  ...share.map(([value, type]) => ['driftFactor', value, type] as [string, unknown, ErrorConstructor]),
  ['ttl', 2 ** 31, RangeError],
  ['retryInterval', 2 ** 31, RangeError],
]

const wrongForClient: [string, unknown, ErrorConstructor][] = [
  ...flag.map(([value, type]) => ['guard', value, type] as [string, unknown, ErrorConstructor]),
  ['keyPrefix', 1, TypeError],
  ['keyPrefix', null, TypeError],
  ['quorum', 1, RangeError],
  ['quorum', 4, RangeError],
  ['quorum', 2.5, RangeError],
  ['quorum', Number.NaN, RangeError],
  ['quorum', Infinity, RangeError],
  ['quorum', '2', TypeError],
  ['deadlockDetection', true, TypeError],
  ['deadlockDetection', null, TypeError],
  ['deadlockDetection', [], TypeError],
  ['logger', 'console', TypeError],
  ['logger', { debug: () => 0 }, TypeError],
  ['logger', null, TypeError],
  ['clock', {}, TypeError],
  ['random', Math.random, TypeError],
]

describe('one invalid option', () => {
  test.each([...wrongForCall, ...wrongForClient])(
    'an invalid option of the client is rejected by name: %s %p',
    (name, value, type) => {
      const error = errorOf({ nodes: nodes(), [name]: value })
      expect(error).toBeInstanceOf(type)
      expect(error.message).toMatch(new RegExp(`^Expected \`${name}\` to be .*, got `))
      expect(error.message).not.toContain('undefined')
    },
  )

  test.each(wrongForCall)(
    'an invalid option of a call is rejected by name before any command is sent: %s %p',
    async (name, value, type) => {
      const world = new World(3)
      const redlock = world.client()
      const options = { [name]: value } as never
      for (const call of [
        () => redlock.acquire('a', options),
        () => redlock.tryAcquire('a', options),
        () => redlock.using('a', options, () => 1),
        () => redlock.tryUsing('a', options, () => 1),
        async () => redlock.getLock('a', options),
      ]) {
        await expect(call()).rejects.toThrow(type)
        await expect(call()).rejects.toThrow(`Expected \`${name}\` to be`)
      }
      expect(world.commands).toBe(0)
    },
  )

  test.each([Number.NaN, -1, 1.5, '10'])(
    'an invalid time limit %p of waitForUnlock is rejected by name',
    async (timeout) => {
      const world = new World(3)
      await expect(world.client().waitForUnlock('a', { timeout } as never)).rejects.toThrow('`timeout`')
      await expect(world.client().waitForUnlock('a', { wait: 5 } as never)).rejects.toThrow(
        'Unknown option `wait`',
      )
      expect(world.commands).toBe(0)
    },
  )

  test('an unknown option is named, together with all known options', async () => {
    expect(errorOf({ nodes: nodes(), tttl: 1 }).message).toMatch(
      /Unknown option `tttl`: expected one of ttl, wait/,
    )
    expect(errorOf({ nodes: nodes(), deadlockDetection: { after: 1 } }).message).toContain('`after`')
    await expect(new Redlock({ nodes: nodes() }).acquire('a', { quorum: 2 } as never)).rejects.toThrow(
      'Unknown option `quorum`',
    )
  })

  test.each([undefined, null, 1, 'x', []])('%p in place of the options is rejected', (options) => {
    expect(() => new Redlock(options as never)).toThrow(TypeError)
  })

  test('a signal that is not an AbortSignal is rejected', async () => {
    const redlock = new Redlock({ nodes: nodes() })
    await expect(redlock.acquire('a', { signal: {} as never })).rejects.toThrow(
      'Expected `signal` to be an AbortSignal, got an object',
    )
  })

  test('a missing function to run under the lock is rejected', async () => {
    const redlock = new Redlock({ nodes: nodes() })
    await expect(redlock.using('a', {} as never)).rejects.toThrow(TypeError)
    await expect(redlock.using('a', {}, undefined as never)).rejects.toThrow('a function to run')
    await expect(redlock.tryUsing('a', 5 as never)).rejects.toThrow(TypeError)
  })
})

describe('several invalid options', () => {
  test('several invalid options of a client are reported in one error', () => {
    const error = errorOf({
      nodes: nodes(),
      ttl: 2,
      wait: Number.NaN,
      fair: 'yes',
      quorum: 1,
      retryIntervall: 5,
      deadlockDetection: { warnAfter: -1 },
    })
    for (const name of ['ttl', 'wait', 'fair', 'quorum', 'retryIntervall', 'deadlockDetection.warnAfter']) {
      expect(error.message).toContain(`\`${name}\``)
    }
    // A wrong type takes precedence over a wrong range.
    expect(error).toBeInstanceOf(TypeError)
    expect(errorOf({ nodes: nodes(), ttl: 0, wait: -1 })).toBeInstanceOf(RangeError)
  })

  test('several invalid options of a call are reported in one error', async () => {
    await expect(
      new Redlock({ nodes: nodes() }).acquire('a', { ttl: 1.5, wait: -1, retryInterval: 0 }),
    ).rejects.toThrow(/`ttl`.*`wait`.*`retryInterval`/)
  })
})

describe('contradictory options', () => {
  test.each([
    [{ ttl: 2 }, /`ttl` to outlast its own clock drift allowance of 2.02 ms/],
    [{ ttl: 3 }, /`ttl`/],
    [
      { ttl: 100, driftFactor: 0.49, nodeTimeout: 100 },
      /`nodeTimeout` to be less than `ttl` \(100\), got 100/,
    ],
    [{ ttl: 2_000, nodeTimeout: 2_500 }, /`nodeTimeout` to be less than `ttl` \(2000\), got 2500/],
    [{ ttl: 5_000, maxHold: 4_999 }, /`maxHold` to be at least `ttl` \(5000\), got 4999/],
  ])('contradictory options are rejected: %j', async (options, message) => {
    expect(() => new Redlock({ nodes: nodes(), ...options })).toThrow(RangeError)
    expect(() => new Redlock({ nodes: nodes(), ...options })).toThrow(message)
    await expect(new Redlock({ nodes: nodes() }).acquire('a', options)).rejects.toThrow(message)
  })

  test('the smallest TTL that survives its own drift allowance can be used', async () => {
    const world = new World(3)
    const lock = await world.clock.run(world.client({ ttl: 4 }).acquire('a'))
    expect(lock.remaining()).toBeGreaterThan(1)
  })

  test('nodes that do not support an option are named', () => {
    const weak: LockNode = { ...memoryNode({ name: 'weak' }), lacks: ['extend', 'fencing'] }
    expect(() => new Redlock({ nodes: [weak] })).toThrow(
      /`autoExtend` to be false, because weak cannot extend/,
    )
    expect(() => new Redlock({ nodes: [weak], autoExtend: false, fencing: true })).toThrow(
      /`fencing` to be false, because weak keeps no token counters/,
    )
    expect(new Redlock({ nodes: [weak], autoExtend: false }).quorum).toBe(1)
  })
})

describe('the list of nodes', () => {
  test.each([undefined, null, [], {}, memoryNode(), 'redis://localhost'])(
    '%p is rejected as a list of nodes',
    (given) => {
      expect(errorOf({ nodes: given })).toBeInstanceOf(TypeError)
      expect(errorOf({ nodes: given }).message).toContain('Expected `nodes` to be an array')
    },
  )

  test.each([undefined, null, 'redis://localhost', {}, { name: '', send: () => 0 }, { name: 'a' }])(
    '%p is rejected as a node',
    (given) => {
      expect(errorOf({ nodes: [memoryNode(), given] })).toBeInstanceOf(TypeError)
      expect(errorOf({ nodes: [memoryNode(), given] }).message).toContain('`nodes[1]`')
    },
  )

  test.each([[['guard']], ['extend'], [[1]]])(
    'a node that lacks %j is rejected with a list of the known abilities',
    (lacks) => {
      const { message } = errorOf({ nodes: [Object.assign(memoryNode(), { lacks })] })
      expect(message).toMatch(/`nodes\[0\]\.lacks` to list abilities \(extend, multiKey, .*\), got /)
    },
  )

  test('the same node twice, and two nodes with the same name, are rejected', () => {
    const node = memoryNode({ name: 'one' })
    expect(errorOf({ nodes: [node, memoryNode(), node] }).message).toContain(
      'nodes[2] is the same node as nodes[0] (one)',
    )
    expect(errorOf({ nodes: [node, memoryNode({ name: 'one' })] }).message).toContain(
      'nodes[1] has the same name as nodes[0] (one)',
    )
  })
})

describe('resource names', () => {
  test.each([undefined, null, '', 0, {}, [], [''], ['a', 1], ['a', undefined], Symbol.iterator])(
    '%p is refused as a resource name before any command is sent',
    async (given) => {
      const world = new World(3)
      const redlock = world.client()
      for (const call of [
        () => redlock.acquire(given as never),
        () => redlock.tryAcquire(given as never),
        () => redlock.using(given as never, () => 1),
        () => redlock.isLocked(given as never),
        () => redlock.inspect(given as never),
        () => redlock.forceRelease(given as never),
        () => redlock.waitForUnlock(given as never),
        async () => redlock.getLock(given as never),
      ]) {
        await expect(call()).rejects.toThrow(TypeError)
      }
      expect(world.commands).toBe(0)
    },
  )
})

describe('arguments in the style of other libraries', () => {
  const clientOf = {
    ioredis: { call: () => undefined, sendCommand: () => undefined, status: 'ready' },
    'node-redis': { sendCommand: () => undefined, isReady: true },
  }

  test('clients in place of options are rejected with the correct call', () => {
    const make = (): unknown => new Redlock([clientOf.ioredis] as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(/\{ nodes: \[nodeRedisNode\(client\)\] \}, got an array of 1\. docs\/migration\.md/)
  })

  test.each([
    [clientOf.ioredis, 'ioredisNode(client)'],
    [clientOf['node-redis'], 'nodeRedisNode(client)'],
    ['redis://user:password@eu-1', 'connect()'],
  ])('a client or a URL in place of a node is rejected with the correct call: %j', (node, remedy) => {
    const make = (): unknown => new Redlock({ nodes: [node as never] })
    expect(make).toThrow(remedy)
    expect(make).not.toThrow('password')
  })

  test('a TTL in place of options is rejected with the correct call', async () => {
    const acquiring = new Redlock({ nodes: nodes() }).acquire('a', 5_000 as never)
    await expect(acquiring).rejects.toThrow(/\{ ttl: 5000 \}, got 5000\. docs\/migration\.md/)
    await expect(acquiring).rejects.toThrow(TypeError)
  })

  test('a signal that is a number is a TypeError, not a RangeError', async () => {
    const redlock = new Redlock({ nodes: nodes() })
    await expect(redlock.acquire('a', { signal: 5 as never })).rejects.toThrow(TypeError)
  })

  test('an error about two nodes with the same name shows how to name them', () => {
    const node = (): LockNode => ({ name: 'cluster', connected: true, send: () => undefined })
    expect(() => new Redlock({ nodes: [node(), node()] })).toThrow("ioredisNode(client, { name: 'eu-1' })")
  })
})
