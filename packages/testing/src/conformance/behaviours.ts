import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Ability, LockNode, MarkCommand, NodeCommand, NodeReply, Waiter } from '@quorumlock/core'
import { acquire, release, saidTo, ttl, voteOf, type Behaviour } from './behaviour.js'
import { founding } from './founding.js'
import { restoring } from './restoring.js'
import { seats } from './seats.js'
import { ask, askOne, freshKeys, freshValue, within } from './subject.js'

export const behaviours: readonly Behaviour[] = [
  {
    claim: 'the node is connected and has a name without credentials',
    holds: async (node: LockNode): Promise<void> => {
      equal(node.connected, true)
      ok(node.name.length > 0)
      ok(!node.name.includes('@'), node.name)
    },
  },
  {
    claim: 'each command is answered once, and never before it was sent',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      let sending = true
      const answers: string[] = []
      await within(
        new Promise<void>((resolve) => {
          const count = (reply: NodeReply): void => {
            answers.push(`${voteOf(reply)}${sending ? ' too early' : ''}`)
            if (answers.length === 2) resolve()
          }
          node.send(acquire(keys, 'a'), count)
          node.send(release(keys, 'a'), count)
          sending = false
        }),
        'two answers',
      )
      // One more round trip: a second reply to an earlier command would have arrived before it.
      await ask(node, release(keys, 'a'))
      deepEqual(answers, ['granted', 'granted'])
    },
  },
  {
    claim: 'commands are applied in the order in which they were sent',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const commands = Array.from({ length: 40 }, (_, index) => [
        acquire(keys, `${index}`),
        release(keys, `${index}`),
      ]).flat()
      deepEqual(
        await saidTo(node, ...commands),
        commands.map(() => 'granted'),
      )
    },
  },
  {
    claim: 'a free key is granted, and one that is held is refused',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      deepEqual(await saidTo(node, acquire(keys, 'a'), acquire(keys, 'b')), ['granted', 'refused: held'])
    },
  },
  {
    claim: 'the same command is granted twice, because a connection may repeat it',
    needs: ['inspect'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const value = freshValue()
      deepEqual(await saidTo(node, acquire(keys, value), acquire(keys, value)), ['granted', 'granted'])
    },
  },
  {
    claim: 'a key is released by its owner only',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      deepEqual(
        await saidTo(
          node,
          acquire(keys, 'a'),
          release(keys, 'b'),
          acquire(keys, 'b'),
          release(keys, 'a'),
          release(keys, 'a'),
          acquire(keys, 'b'),
        ),
        ['granted', 'refused: gone', 'refused: held', 'granted', 'refused: gone', 'granted'],
      )
    },
  },
  {
    claim: 'a greeting is answered',
    holds: async (node: LockNode): Promise<void> => {
      const reply = await askOne(node, { kind: 'greet' })
      equal(voteOf(reply), 'granted')
    },
  },
  {
    claim: 'more commands than fit in one message are all answered',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(600).map((key) => [key])
      const replies = await saidTo(node, ...keys.map((key) => acquire(key, 'a')))
      deepEqual(new Set(replies), new Set(['granted']))
      const releases = await saidTo(node, ...keys.map((key) => release(key, 'a')))
      deepEqual(new Set(releases), new Set(['granted']))
    },
  },
  {
    claim: 'a refusal contains the remaining time of the key by the clock of the node',
    needs: ['inspect'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const [granted, refused] = await ask(node, acquire(keys, 'a'), acquire(keys, 'b'))
      ok(granted?.vote === 'granted' && granted.clock !== undefined && granted.clock > 1e12)
      ok(refused?.vote === 'refused' && refused.remaining !== undefined)
      ok(refused.remaining <= ttl && refused.remaining > ttl - 5_000, String(refused.remaining))
    },
  },
  {
    claim: 'several keys are acquired all or none',
    needs: ['multiKey'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(3)
      const [first = '', second = '', third = ''] = keys
      deepEqual(
        await saidTo(
          node,
          acquire([second], 'a'),
          acquire(keys, 'b'),
          acquire([first], 'c'),
          acquire([third], 'c'),
          release([first], 'c'),
          release([second], 'a'),
          release([third], 'c'),
          acquire(keys, 'b'),
          acquire([third], 'c'),
        ),
        [
          'granted',
          'refused: held',
          'granted',
          'granted',
          'granted',
          'granted',
          'granted',
          'granted',
          'refused: held',
        ],
      )
    },
  },
  {
    claim: 'a held key is extended, and an expired one is distinguished from one taken by another',
    needs: ['extend'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const extend = (value: string): NodeCommand => ({ kind: 'extend', keys, value, ttl })
      deepEqual(
        await saidTo(node, acquire(keys, 'a'), extend('a'), extend('b'), release(keys, 'a'), extend('a')),
        ['granted', 'granted', 'refused: taken', 'granted', 'refused: gone'],
      )
    },
  },
  {
    claim: 'a key is repaired for its owner only where it is free',
    needs: ['extend'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const repair = (value: string): NodeCommand => ({ kind: 'repair', keys, value, ttl })
      deepEqual(await saidTo(node, repair('a'), repair('a'), repair('b'), acquire(keys, 'b')), [
        'granted',
        'granted',
        'refused: taken',
        'refused: held',
      ])
    },
  },
  {
    claim: 'tokens are granted in ascending order only, and a refusal contains the higher token',
    needs: ['fencing', 'inspect'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const fence = (token: number): object => ({ fence: { token, retention: ttl } })
      // Microseconds since 1970 must be returned exactly.
      const token = 1_763_694_047_123_457
      const replies = await ask(
        node,
        acquire(keys, 'a', fence(token)),
        release(keys, 'a'),
        acquire(keys, 'b', fence(token)),
        acquire(keys, 'b', fence(token + 1)),
        { kind: 'inspect', keys },
      )
      deepEqual(replies.map(voteOf), ['granted', 'granted', 'refused: stale', 'granted', 'granted'])
      const [, , stale, , sight] = replies
      equal(stale?.vote === 'refused' && stale.counter, token)
      equal(sight?.vote === 'granted' && sight.sightings?.[0]?.counter, token + 1)
    },
  },
  {
    claim: 'waiters are served in the order of their places',
    needs: ['queue'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const hello = await askOne(node, { kind: 'greet' })
      const now = hello.vote === 'granted' ? (hello.clock ?? 0) : 0
      const waiter = (number: number): Waiter => ({ id: `q#${number}`, at: now + number, age: 0, life: ttl })
      const wait = (number: number): NodeCommand => acquire(keys, `${number}`, { queue: waiter(number) })
      deepEqual(
        await saidTo(
          node,
          acquire(keys, 'a'),
          wait(2),
          wait(1),
          release(keys, 'a'),
          wait(2),
          acquire(keys, 'x', { queue: 'respect' }),
          wait(1),
          release(keys, '1'),
          wait(2),
        ),
        [
          'granted',
          'refused: held',
          'refused: held',
          'granted',
          'refused: queued',
          'refused: queued',
          'granted',
          'granted',
          'granted',
        ],
      )
    },
  },
  {
    claim: 'no waiter waits behind one that has left, or whose place has expired',
    needs: ['queue'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const waiter = (id: string, life: number): Waiter => ({ id, at: 0, age: 0, life })
      await ask(
        node,
        acquire(keys, 'a'),
        acquire(keys, 'b', { queue: waiter('q#1', ttl) }),
        acquire(keys, 'c', { queue: waiter('q#2', 1) }),
        release(keys, 'q#1'),
        release(keys, 'a'),
      )
      const tryIt = async (): Promise<void> => {
        while (voteOf(await askOne(node, acquire(keys, 'x', { queue: 'respect' }))) !== 'granted');
      }
      await within(tryIt(), 'a place to expire')
    },
  },
  {
    claim: 'a waiter that only watches delays no other',
    needs: ['queue', 'inspect'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const watch: Waiter = { id: 'q#9', at: Infinity, age: 0, life: ttl }
      deepEqual(
        await saidTo(
          node,
          acquire(keys, 'a'),
          { kind: 'inspect', keys, watch } as const,
          release(keys, 'a'),
          acquire(keys, 'b', { queue: 'respect' }),
        ),
        ['granted', 'granted', 'granted', 'granted'],
      )
    },
  },
  {
    claim: 'the next waiter is woken, and no other',
    needs: ['queue'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const channel = `conformance:${freshValue()}`
      const woken: string[] = []
      let stop = (): void => undefined
      const heard = new Promise<void>((resolve) => {
        const live = within(
          new Promise<void>((open) => {
            stop =
              node.subscribe?.(channel, {
                live: open,
                message: (id) => {
                  woken.push(id)
                  if (woken.length === 2) resolve()
                },
              }) ?? stop
          }),
          'a subscription',
        )
        void live.then(() =>
          ask(
            node,
            acquire(keys, 'a'),
            ...[1, 2].map((number) =>
              acquire(keys, `${number}`, {
                queue: { id: `${channel}#${number}`, at: number, age: 0, life: ttl },
              }),
            ),
            release(keys, 'a'),
            release(keys, `${channel}#1`),
          ),
        )
      })
      await within(heard, 'two wake-ups')
      stop()
      deepEqual(woken, [`${channel}#1`, `${channel}#2`])
    },
  },
  {
    claim: 'an inspection returns the holder of a key and its waiters',
    needs: ['inspect', 'queue'],
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const queue: Waiter = { id: 'q#1', at: 0, age: 0, life: ttl }
      const [, , sight] = await ask(node, acquire(keys, 'a'), acquire(keys, 'b', { queue }), {
        kind: 'inspect',
        keys,
      })
      ok(sight?.vote === 'granted')
      const [sighting] = sight.sightings ?? []
      ok(sighting !== undefined)
      equal(sighting.key, keys[0])
      equal(sighting.value, 'a')
      deepEqual(sighting.waiters, ['q#1'])
    },
  },
  {
    claim: 'clients that do not know the marker are refused, and all clients during a quarantine',
    needs: ['marker'],
    holds: async (node: LockNode): Promise<void> => {
      const [marker = '', ...keys] = freshKeys(2)
      const hello = await askOne(node, { kind: 'greet', marker })
      ok(hello.vote === 'granted' && hello.greeting !== undefined)
      const { run } = hello.greeting
      equal(hello.greeting.marker, null)
      const check = (stamp: string): object => ({ marker: { key: marker, stamp, longestTtl: 0 } })
      const order = (mode: MarkCommand['mode'], markRun: string, stamp: string): MarkCommand => ({
        ...({ kind: 'mark', marker, mode, fleet: 'f', run: markRun, stamp } as const),
        ...{ longestTtl: ttl, floor: 0, duration: ttl, seats: 'all', replaced: 'all' },
      })
      deepEqual(
        await saidTo(
          node,
          acquire(keys, 'a', check('first')),
          order('plant', '', 'first'),
          order('found', run, 'first'),
          acquire(keys, 'a', check('first')),
          order('open', '', 'first'),
          acquire(keys, 'a', check('first')),
          acquire(keys, 'b', check('second')),
          order('quarantine', 'other', 'second'),
          acquire(keys, 'b', check('second')),
          { kind: 'extend', keys, value: 'a', ttl, ...check('first') } as const,
          { kind: 'extend', keys, value: 'a', ttl, ...check('second') } as const,
          release(keys, 'a'),
          order('lift', '', ''),
          acquire(keys, 'b', check('second')),
          acquire(keys, 'c', check('first')),
        ),
        [
          'refused: unmarked',
          'granted',
          'granted',
          'refused: unmarked',
          'granted',
          'granted',
          'refused: unmarked',
          'granted',
          'refused: quarantined',
          'refused: unmarked',
          'refused: quarantined',
          'granted',
          'granted',
          'granted',
          'refused: unmarked',
        ],
      )
    },
  },
  ...founding,
  ...seats,
  ...restoring,
]

/** A node refuses commands for abilities that it declares to lack, in a way that shows that nothing was done. */
export const limits: Readonly<Record<Ability, Behaviour | undefined>> = {
  extend: {
    claim: 'a node that cannot extend refuses to',
    holds: async (node: LockNode): Promise<void> => {
      const reply = await askOne(node, { kind: 'extend', keys: freshKeys(1), value: 'a', ttl })
      equal(reply.vote, 'failed')
    },
  },
  multiKey: {
    claim: 'a node for single keys refuses several in one command',
    holds: async (node: LockNode): Promise<void> => {
      equal((await askOne(node, acquire(freshKeys(2), 'a'))).vote, 'failed')
    },
  },
  fencing: {
    claim: 'a node without tokens refuses to grant one',
    holds: async (node: LockNode): Promise<void> => {
      const keys = freshKeys(1)
      const reply = await askOne(node, acquire(keys, 'a', { fence: { token: 1, retention: ttl } }))
      equal(reply.vote, 'failed')
      equal(voteOf(await askOne(node, acquire(keys, 'b'))), 'granted')
    },
  },
  inspect: {
    claim: 'a node that cannot inspect refuses to',
    holds: async (node: LockNode): Promise<void> => {
      equal((await askOne(node, { kind: 'inspect', keys: freshKeys(1) })).vote, 'failed')
    },
  },
  list: {
    claim: 'a node that cannot list its locks refuses to, and to be given back any',
    holds: async (node: LockNode): Promise<void> => {
      const [key = ''] = freshKeys(1)
      const marker = { key, stamp: 'stamp', longestTtl: 0 }
      const replies = await ask(
        node,
        { kind: 'list', prefix: key, cursor: null, count: 10, marker },
        { kind: 'restore', copies: [{ key, value: 'a', ttl, bearer: 0 }], marker },
        { kind: 'tidy', copies: [{ key, value: 'a', expiresAt: 0 }], marker },
      )
      deepEqual(
        replies.map(({ vote }) => vote),
        ['failed', 'failed', 'failed'],
      )
    },
  },
  // A node without a queue treats a waiter as one that does not wait; one without a guard is never asked about a marker.
  queue: undefined,
  marker: undefined,
}
