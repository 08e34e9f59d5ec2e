import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  TOMBSTONE,
  type ListedLock,
  type LockNode,
  type MarkCommand,
  type NodeCommand,
  type NodeReply,
} from '@quorumlock/core'
import { acquire, release, saidTo, ttl, voteOf, type Behaviour } from './behaviour.js'
import { fleetOn, markerIn, type Fleet } from './fleet.js'
import { ask, askOne, freshValue, within } from './subject.js'

const list = ({ prefix, marker }: Fleet, cursor: string | null = null): NodeCommand => ({
  kind: 'list',
  prefix,
  cursor,
  count: 10,
  marker,
})

/** All pages, with `between` after each. A lock may be listed more than once. */
async function listed(
  node: LockNode,
  fleet: Fleet,
  between = async (): Promise<void> => undefined,
): Promise<Map<string, ListedLock>> {
  const locks = new Map<string, ListedLock>()
  const cursors = new Set<string | null>()
  let cursor: string | null = null
  do {
    ok(!cursors.has(cursor), `page ${cursor} is listed twice`)
    cursors.add(cursor)
    const reply: NodeReply = await askOne(node, list(fleet, cursor))
    ok(reply.vote === 'granted' && reply.listing !== undefined, voteOf(reply))
    for (const lock of reply.listing.locks) locks.set(lock.key, lock)
    cursor = reply.listing.cursor
    await between()
  } while (cursor !== null)
  return locks
}

const restore = (
  { marker }: Fleet,
  ...copies: readonly (readonly [key: string, value: string, ttl?: number, bearer?: number])[]
): NodeCommand => ({
  kind: 'restore',
  copies: copies.map(([key, value, life = ttl, bearer = 0]) => ({ key, value, ttl: life, bearer })),
  marker,
})

function clockOf(reply: NodeReply): number {
  ok(reply.vote === 'granted' && reply.clock !== undefined, voteOf(reply))
  return reply.clock
}

const needs = ['list', 'marker', 'extend', 'inspect', 'queue', 'fencing'] as const

export const restoring: readonly Behaviour[] = [
  {
    claim: 'every lock is on a page, with its value, its time and its bearer, and nothing else is',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 25)
      const [resumed = '', ...others] = fleet.keys
      const fence = { token: Date.now(), retention: ttl }
      const queue = { id: 'q#1', at: 0, age: 0, life: ttl }
      await ask(
        node,
        ...fleet.founding,
        ...fleet.keys.map((key) => acquire([key], `of ${key}`, { fence })),
        acquire([resumed], 'w', { queue }),
        { kind: 'extend', keys: [resumed], value: `of ${resumed}`, ttl, bearer: 3 },
      )
      const locks = await listed(node, fleet)
      deepEqual([...locks.keys()].sort(), [...fleet.keys].sort())
      for (const { key, value, remaining } of locks.values()) {
        equal(value, `of ${key}`)
        ok(remaining > ttl - 10_000 && remaining <= ttl, String(remaining))
      }
      equal(locks.get(resumed)?.bearer, 3)
      deepEqual(new Set(others.map((key) => locks.get(key)?.bearer)), new Set([0]))
    },
  },
  {
    claim:
      'a lock without a hash tag is listed with its bearer, and so is one whose name ends as a companion does',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = { ...(await fleetOn(node, 0)), prefix: `conformance:${freshValue()}:` }
      const keys = ['a', 'b:#queue', 'c:#fence', 'd:#bearer'].map((name) => fleet.prefix + name)
      await ask(
        node,
        ...fleet.founding,
        ...keys.map((key) => acquire([key], 'a')),
        ...keys.map((key): NodeCommand => ({ kind: 'extend', keys: [key], value: 'a', ttl, bearer: 2 })),
      )
      const locks = [...(await listed(node, fleet)).values()]
      deepEqual(
        locks.map(({ key, bearer }) => `${key} ${bearer}`).sort(),
        keys.map((key) => `${key} 2`),
      )
    },
  },
  {
    claim: 'every lock that stays is listed, whatever comes and goes between the pages',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 60)
      const staying = fleet.keys.slice(0, 20)
      const going = fleet.keys.slice(20, 40)
      const coming = fleet.keys.slice(40)
      await ask(node, ...fleet.founding, ...[...staying, ...going].map((key) => acquire([key], 'a')))
      const locks = await listed(node, fleet, async () => {
        await ask(
          node,
          ...going.splice(0, 3).map((key) => release([key], 'a')),
          ...coming.splice(0, 3).map((key) => acquire([key], 'a')),
        )
      })
      deepEqual(
        staying.filter((key) => !locks.has(key)),
        [],
      )
    },
  },
  {
    claim: 'the prefix of a listing is taken literally',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 0)
      const odd = { ...fleet, prefix: `${fleet.prefix}[a-z]?*\\^:` }
      const key = `${odd.prefix}key`
      await ask(node, ...fleet.founding, acquire([key], 'a'), acquire([`${fleet.prefix}abc\\^:key`], 'a'))
      deepEqual([...(await listed(node, odd)).keys()], [key])
    },
  },
  {
    claim: 'a node lists its locks only for clients that know its marker, and not during a quarantine',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 1)
      const other = { ...fleet, marker: { ...fleet.marker, stamp: 'other' } }
      deepEqual(
        await saidTo(
          node,
          list(fleet),
          ...fleet.founding.map((order) => ({ ...order, run: 'earlier' })),
          list(fleet),
          list(other),
          fleet.mark('quarantine'),
          list(fleet),
        ),
        [
          'refused: unmarked',
          ...fleet.founding.map(() => 'granted'),
          'granted',
          'refused: unmarked',
          'granted',
          'refused: quarantined',
        ],
      )
    },
  },
  {
    claim:
      'one client at a time restores a node, and is reported until its claim lapses or the quarantine ends',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 1)
      const claim = (by: string, progress: number, more: Partial<MarkCommand> = {}): MarkCommand =>
        fleet.mark('claim', { claim: { by, progress }, ...more })
      const replies = await ask(
        node,
        claim('a', 0),
        fleet.mark('quarantine'),
        claim('a', 0, { stamp: 'other' }),
        claim('a', 0),
        claim('b', 0.1),
        claim('a', 0.5),
        // One that lasts longer than a new one is left over from before the clock was set back.
        claim('b', 0.6, { duration: ttl / 2 }),
        fleet.mark('restored'),
        claim('a', 0.75),
      )
      deepEqual(
        replies.map((reply) => markerIn(reply)?.claim?.progress),
        [undefined, undefined, undefined, 0, 0, 0.5, 0.6, undefined, undefined],
      )
      await ask(node, fleet.mark('quarantine', { run: 'later', stamp: 'next' }))
      const order = { run: 'later', stamp: 'next' }
      const until = clockOf(await askOne(node, claim('a', 0, { ...order, duration: 1 }))) + 1
      let seen: NodeReply
      do seen = await askOne(node, { kind: 'greet', marker: fleet.marker.key })
      while (clockOf(seen) < until)
      equal(markerIn(seen)?.claim, undefined)
      equal(markerIn(await askOne(node, claim('b', 0, order)))?.claim?.by, 'b')
    },
  },
  {
    claim: 'a quarantine ends as restored only for those who know its stamp',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark } = await fleetOn(node, 1)
      const replies = await ask(
        node,
        mark('restored'),
        mark('quarantine'),
        mark('restored', { stamp: 'other' }),
        mark('restored', { run: 'other' }),
        mark('restored', { floor: 7 }),
      )
      deepEqual(
        replies.map((reply) => typeof markerIn(reply)?.quarantine),
        ['undefined', 'number', 'number', 'number', 'object'],
      )
      equal(markerIn(replies.at(-1))?.highestToken, 7)
    },
  },
  {
    claim: 'a node is given back what it forgot: free keys, longer times, and a tombstone over another value',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 4)
      const [free = '', shorter = '', longer = '', other = ''] = fleet.keys
      const copies = fleet.keys.map((key) => [key, 'a'] as const)
      const replies = await ask(
        node,
        restore(fleet, ...copies),
        acquire([shorter], 'a', { ttl: ttl / 2 }),
        acquire([longer], 'a', { ttl: 2 * ttl }),
        acquire([other], 'b', { ttl: 2 * ttl }),
        fleet.mark('quarantine'),
        restore({ ...fleet, marker: { ...fleet.marker, stamp: 'other' } }, ...copies),
        restore(fleet, ...copies),
        { kind: 'inspect', keys: [free, shorter, longer, other] },
        fleet.mark('restored'),
        restore(fleet, ...copies),
      )
      const [early, , , , , strange, given, sight, , late] = replies
      deepEqual([early, strange, late].map(voteOf), Array(3).fill('refused: unmarked'))
      ok(given?.vote === 'granted' && sight?.vote === 'granted')
      const inTtls = (life: number | null | undefined): number => Math.round((life ?? 0) / ttl)
      deepEqual(given.lives?.map(inTtls), [1, 1, 2, 2])
      deepEqual(
        sight.sightings?.map(({ value, remaining }) => [value, inTtls(remaining)]),
        [
          ['a', 1],
          ['a', 1],
          ['a', 2],
          [TOMBSTONE, 2],
        ],
      )
    },
  },
  {
    claim: 'a lock that another process has resumed is given back to that process only',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 1)
      const [key = ''] = fleet.keys
      const extend = (bearer: number): NodeCommand => ({
        kind: 'extend',
        keys: [key],
        value: 'a',
        ttl,
        bearer,
      })
      deepEqual(
        await saidTo(
          node,
          fleet.mark('quarantine'),
          restore(fleet, [key, 'a', ttl, 2]),
          restore(fleet, [key, 'a', ttl, 1]),
          extend(1),
          extend(2),
        ),
        ['granted', 'granted', 'granted', 'refused: taken', 'granted'],
      )
    },
  },
  {
    claim: 'a node in quarantine extends nothing, never reports a lock as gone, and repairs nothing',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 2)
      const [key = '', missing = ''] = fleet.keys
      const { marker } = fleet
      const extend = (keys: readonly string[], value: string): NodeCommand => ({
        ...({ kind: 'extend', keys, value, ttl } as const),
        marker,
      })
      const repair: NodeCommand = { kind: 'repair', keys: [missing], value: 'a', ttl, marker }
      deepEqual(
        await saidTo(
          node,
          acquire([key], 'a'),
          extend([missing], 'a'),
          repair,
          fleet.mark('quarantine'),
          extend([key], 'a'),
          extend([key], 'b'),
          extend([key, missing], 'a'),
          repair,
          fleet.mark('restored'),
          extend([missing], 'a'),
          repair,
        ),
        [
          ...['granted', 'refused: unmarked', 'refused: unmarked'],
          ...['granted', ...Array<string>(4).fill('refused: quarantined')],
          ...['granted', 'refused: gone', 'granted'],
        ],
      )
    },
  },
  {
    claim: 'copies that nobody has used are tidied away, which wakes the next waiter',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 4)
      const { keys, marker } = fleet
      const [unused = '', extended = '', renewed = '', elsewhere = ''] = keys
      await ask(node, fleet.mark('quarantine'))
      const given = await askOne(node, restore(fleet, ...keys.map((key) => [key, 'a'] as const)))
      const lives = (given.vote === 'granted' && given.lives) || []
      const tidy: NodeCommand = {
        kind: 'tidy',
        copies: keys.map((key, index) => ({
          key,
          value: key === elsewhere ? 'b' : 'a',
          expiresAt: clockOf(given) + (lives[index] ?? 0),
        })),
        marker,
      }
      const channel = `conformance:${freshValue()}`
      const queue = (number: number): object => ({
        queue: { id: `${channel}#${number}`, at: 0, age: 0, life: ttl },
      })
      const woken: string[] = []
      let stop = (): void => undefined
      let lastIsWoken = (): void => undefined
      const end = new Promise<void>((resolve) => (lastIsWoken = resolve))
      const live = new Promise<void>((resolve) => {
        const message = (id: string): void => {
          woken.push(id)
          if (id.endsWith('#2')) lastIsWoken()
        }
        stop = node.subscribe?.(channel, { live: resolve, message }) ?? stop
      })
      await within(live, 'a subscription')
      deepEqual(
        await saidTo(
          node,
          tidy,
          fleet.mark('restored'),
          acquire([unused], 'b', queue(1)),
          acquire([extended], 'b', queue(2)),
          { kind: 'extend', keys: [extended], value: 'a', ttl: 2 * ttl } as const,
          release([renewed], 'a'),
          acquire([renewed], 'b'),
          tidy,
          release([extended], 'a'),
          release([elsewhere], 'a'),
          release([renewed], 'b'),
          acquire([unused], 'c'),
        ),
        [
          ...['refused: quarantined', 'granted', 'refused: held', 'refused: held', 'granted', 'granted'],
          ...['granted', 'granted', 'granted', 'granted', 'granted', 'granted'],
        ],
      )
      await within(end, 'the last wake-up')
      stop()
      deepEqual(woken, [`${channel}#1`, `${channel}#2`])
    },
  },
]
