import { expect } from '@jest/globals'
import type { FaultName, FaultOptions, FleetNode } from '@quorumlock/testing'
import { ask } from '../../src/fleet/resp.js'
import { patienceMs, until } from '../../src/fleet/until.js'
import { outcome, quietMs, Wire } from './wire.js'

/** The visible effect of a fault on a client. */
export interface Bite {
  readonly options?: FaultOptions
  /** Requires servers that write an append-only file. */
  readonly durable?: true
  /** Checks the effect while the fault is in force, by a wire that was opened before it. */
  readonly seen: (wire: Wire, node: FleetNode) => Promise<void>
}

const key = 'lock:orders'
const take = ['SET', key, 'mine', 'NX', 'PX', '60000'] as const
const stored = (node: FleetNode, name: string): Promise<string> => node.command('EXISTS', name)
/** On a new connection. */
const fresh = (node: FleetNode): Promise<string> =>
  outcome(ask(node.port, ['PING'], { timeoutMs: patienceMs }))
const isSilent = async (reply: Promise<string>): Promise<void> =>
  expect(await outcome(reply, quietMs)).toBe('silence')

const refusing = (reply: string): Bite => ({
  seen: async (wire) => expect(await outcome(wire.send('SET', 'k', 'v'))).toContain(reply),
})
const gone: Bite = {
  options: { key },
  seen: async (_wire, node) => expect(await stored(node, key)).toBe('0'),
}
const silent: Bite = { seen: (wire) => isSilent(wire.send('PING')) }
/** Whether a command that got no reply was applied. */
const unanswered = (applied: '0' | '1', expected: 'silence' | 'ECONNRESET'): Bite => ({
  seen: async (wire, node) => {
    const reply = wire.send('SET', 'k', 'v')
    if (expected === 'silence') await isSilent(reply)
    else expect(await outcome(reply)).toBe(expected)
    await isApplied(node, applied)
  },
})
/** A command may be applied late; one that must not be applied has not been applied after the silence. */
async function isApplied(node: FleetNode, applied: '0' | '1'): Promise<void> {
  if (applied === '0') expect(await stored(node, 'k')).toBe('0')
  else await until(async () => expect(await stored(node, 'k')).toBe('1'))
}
const late: Bite = {
  options: { ms: 60 },
  seen: async (wire) => {
    const start = performance.now()
    await wire.send('PING')
    expect(performance.now() - start).toBeGreaterThan(55)
  },
}
const restarted: Bite = {
  seen: async (wire, node) => {
    expect(await wire.ended).toMatch(/ECONNRESET|closed/)
    expect(await fresh(node)).toBe('PONG')
    expect(await stored(node, key)).toBe('0')
  },
}
const down: Bite = {
  seen: async (wire, node) => {
    expect(await wire.ended).toMatch(/ECONNRESET|closed/)
    expect(await fresh(node)).toMatch('ECONNREFUSED')
  },
}
/** A key's time to live, and the bounds of the time at which it was read, because each reading may be slow. */
interface Reading {
  readonly from: number
  readonly to: number
  readonly left: number
}
async function read(node: FleetNode): Promise<Reading> {
  const from = performance.now()
  const left = Number(await node.command('PTTL', key))
  return { from, to: performance.now(), left }
}
/** How fast a key's time passes, compared with the time of the test. */
const pace = (least: number, most: number): Bite => ({
  seen: async (_wire, node) => {
    const first = await read(node)
    let speed = { least: 0, most: Infinity }
    // Until the inaccuracy of the readings is negligible.
    await until(async () => {
      const last = await read(node)
      const passed = first.left - last.left
      speed = { least: passed / (last.to - first.from), most: passed / (last.from - first.to) }
      if (!(speed.most - speed.least < 0.1 * speed.most) || passed < 50) throw new Error('not yet')
    })
    expect(speed.least).toBeGreaterThan(least)
    expect(speed.most).toBeLessThan(most)
  },
})

/** One for every fault, as the type requires. Before each, the node has the key with a minute to live. */
export const bites: Readonly<Record<FaultName, Bite>> = {
  crash: down,
  shutdown: down,
  restart: restarted,
  'empty restart': restarted,
  'torn log': { ...restarted, durable: true },
  'crash loop': {
    options: { ms: 20 },
    seen: async (_wire, node) => {
      const ends = async (): Promise<string> => (await Wire.open(node.port)).ended
      await until(ends)
      await until(ends)
    },
  },
  freeze: {
    seen: async (wire, node) => {
      await isSilent(wire.send('PING'))
      await isSilent(ask(node.port, ['PING']))
    },
  },
  failover: {
    seen: async (wire, node) => {
      expect(await wire.ended).toMatch(/ECONNRESET|closed/)
      await until(() => ask(node.port, ['PING']))
      expect(await outcome(ask(node.port, ['EXISTS', key]))).toBe('0')
      expect(await outcome(ask(node.port, ['ROLE']))).not.toContain('slave')
    },
  },

  latency: late,
  'slow requests': late,
  jitter: {
    options: { ms: 80 },
    seen: async (wire) => {
      const times: number[] = []
      for (let round = 0; round < 8; round++) {
        const start = performance.now()
        await wire.send('PING')
        times.push(performance.now() - start)
      }
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(10)
    },
  },
  partition: unanswered('0', 'silence'),
  'stalled requests': unanswered('0', 'silence'),
  'stalled replies': unanswered('1', 'silence'),
  blackhole: unanswered('0', 'silence'),
  'lost requests': unanswered('0', 'silence'),
  'lost replies': unanswered('1', 'silence'),
  refuse: down,
  'refuse new': {
    seen: async (wire, node) => {
      expect(await wire.send('PING')).toBe('+PONG\r\n')
      expect(await fresh(node)).toContain('ECONNREFUSED')
    },
  },
  'mute accept': {
    seen: async (wire, node) => {
      expect(await wire.ended).toBe('ECONNRESET')
      await isSilent(ask(node.port, ['PING']))
    },
  },
  reset: { seen: async (wire) => expect(await wire.ended).toBe('ECONNRESET') },
  'orderly close': { seen: async (wire) => expect(await wire.ended).toBe('closed') },
  'half-open': {
    seen: async (wire, node) => {
      await isSilent(wire.send('SET', 'k', 'v'))
      await isApplied(node, '0')
      expect(await fresh(node)).toBe('PONG')
    },
  },
  'reset on request': { options: { command: 'SET' }, ...unanswered('0', 'ECONNRESET') },
  'reset in mid-reply': {
    options: { command: 'SET' },
    seen: async (wire, node) => {
      expect(await outcome(wire.send('SET', 'k', 'v'))).toBe('ECONNRESET')
      expect(wire.rest).toBe('+')
      expect(await stored(node, 'k')).toBe('1')
    },
  },
  'lose reply': {
    options: { command: 'SET', nth: 2 },
    seen: async (wire, node) => {
      expect(await wire.send('SET', 'first', 'v')).toBe('+OK\r\n')
      expect(await wire.send('GET', 'first')).toBe('$1\r\nv\r\n')
      expect(await outcome(wire.send('SET', 'k', 'v'))).toBe('ECONNRESET')
      expect(await stored(node, 'k')).toBe('1')
    },
  },
  'swallow reply': {
    options: { command: 'SET' },
    seen: async (wire, node) => {
      await isSilent(wire.send('SET', 'k', 'v'))
      await isSilent(wire.send('PING'))
      await isApplied(node, '1')
    },
  },
  'lose request': { options: { command: 'SET' }, ...unanswered('0', 'silence') },
  'duplicate request': {
    options: { command: 'INCR' },
    seen: async (wire, node) => {
      expect(await wire.send('INCR', 'count')).toBe(':1\r\n')
      await until(async () => expect(await node.command('GET', 'count')).toBe('2'))
    },
  },
  garbage: { seen: async (wire) => expect(await outcome(wire.send('PING'))).toMatch('HTTP/1.1') },
  bandwidth: {
    seen: async (wire) => {
      const start = performance.now()
      await wire.send('ECHO', 'x'.repeat(200))
      expect(performance.now() - start).toBeGreaterThan(90)
    },
  },
  sliced: { seen: async (wire) => expect(await wire.send('ECHO', 'abc')).toBe('$3\r\nabc\r\n') },

  oom: refusing('-OOM'),
  readonly: refusing('-READONLY'),
  masterdown: {
    seen: async (wire) => expect(await outcome(wire.send('GET', 'k'))).toContain('-MASTERDOWN'),
  },
  noreplicas: refusing('-NOREPLICAS'),
  misconf: refusing('-MISCONF'),
  loading: {
    seen: async (wire, node) => {
      await wire.ended
      expect(await outcome(ask(node.port, ['GET', 'k']))).toContain('LOADING')
    },
  },
  busy: refusing('-BUSY'),
  noauth: {
    seen: async (wire, node) => {
      await wire.ended
      expect(await fresh(node)).toContain('NOAUTH')
    },
  },
  noperm: refusing('-NOPERM'),
  maxclients: {
    seen: async (wire, node) => {
      await wire.ended
      expect(await fresh(node)).toMatch(/max number of clients|closed|ECONNRESET/)
    },
  },
  'write pause': {
    seen: async (wire) => {
      expect(await outcome(wire.send('GET', 'k'))).toBe('$-1\r\n')
      await isSilent(wire.send('SET', 'k', 'v'))
    },
  },
  sleep: { options: { ms: 1_000 }, ...silent },
  'unknown command': refusing('-ERR unknown command'),
  'unknown error': refusing('-FUTURE'),
  moved: refusing('-MOVED'),
  clusterdown: refusing('-CLUSTERDOWN'),
  tryagain: refusing('-TRYAGAIN'),

  flush: gone,
  'swapped databases': gone,
  evict: gone,
  'deleted key': gone,
  'foreign value': {
    options: { key },
    seen: async (_wire, node) => expect(await node.command('GET', key)).toBe('not a value of yours'),
  },
  'wrong type': {
    options: { key },
    seen: async (wire) => expect(await outcome(wire.send('GET', key))).toContain('-WRONGTYPE'),
  },
  'stripped TTL': {
    options: { key },
    seen: async (_wire, node) => expect(await node.command('PTTL', key)).toBe('-1'),
  },
  'early expiry': gone,
  'script flush': {
    seen: async (wire) => {
      const sha = (await wire.send('SCRIPT', 'LOAD', 'return 1')).split('\r\n')[1]!
      expect(await wire.send('EVALSHA', sha, '0')).toBe(':1\r\n')
    },
  },

  'clock step': {
    options: { ms: 30_000 },
    seen: async (_wire, node) => expect(Number(await node.command('PTTL', key))).toBeLessThan(31_000),
  },
  'clock back': {
    options: { ms: 30_000 },
    seen: async (_wire, node) => expect(Number(await node.command('PTTL', key))).toBeGreaterThan(80_000),
  },
  'fast clock': pace(1.7, 2.3),
  'slow clock': pace(0.3, 0.7),
}

export const before: { readonly key: string; readonly take: readonly string[] } = { key, take }
