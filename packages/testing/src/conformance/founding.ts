import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Greeting, LockNode, NodeReply } from '@quorumlock/core'
import { acquire, saidTo, ttl, type Behaviour } from './behaviour.js'
import { fleetOn, markerIn } from './fleet.js'
import { ask, askOne } from './subject.js'

const needs = ['marker'] as const

function greetingIn(reply: NodeReply | undefined): Greeting {
  ok(reply?.vote === 'granted' && reply.greeting !== undefined)
  return reply.greeting
}

function pass(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay))
}

export const founding: readonly Behaviour[] = [
  {
    claim: 'what a founder plants on a node stays until it is over, whoever else plants there',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, marker } = await fleetOn(node, 0)
      const greet = { kind: 'greet', marker: marker.key } as const
      const [first, second] = await ask(
        node,
        mark('plant', { stamp: 'first', seat: 'a', duration: 300 }),
        mark('plant', { stamp: 'second', seat: 'b' }),
      )
      const planted = { stamp: 'first', seat: 'a' }
      deepEqual([greetingIn(first).planted, greetingIn(second).planted], [planted, planted])
      deepEqual(greetingIn(await askOne(node, greet)).planted, planted)
      await pass(400)
      equal(greetingIn(await askOne(node, greet)).planted, undefined)
      equal(markerIn(await askOne(node, mark('found', { stamp: 'first' }))), null)
    },
  },
  {
    claim: 'a node is founded under the stamp that is planted, and keeps its marker',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, marker } = await fleetOn(node, 0)
      const replies = await ask(
        node,
        mark('found'),
        mark('plant', { duration: 300 }),
        mark('found', { stamp: 'another' }),
        mark('found'),
        mark('plant', { stamp: 'another' }),
      )
      deepEqual(
        replies.map((reply) => markerIn(reply)?.seats),
        [undefined, undefined, undefined, 'all', 'all'],
      )
      await pass(400)
      const later = greetingIn(await askOne(node, { kind: 'greet', marker: marker.key }))
      deepEqual([later.marker?.stamp, later.marker?.opened, later.planted], ['stamp', false, undefined])
    },
  },
  {
    claim: 'a founded node casts no vote before it is opened with its stamp and its seats',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const fleet = await fleetOn(node, 1)
      const { keys, mark, marker } = fleet
      deepEqual(
        await saidTo(
          node,
          ...fleet.founding.slice(0, 2),
          mark('open', { stamp: 'another', replaced: 'all' }),
          mark('open', { replaced: 'others' }),
          mark('quarantine'),
          acquire(keys, 'a', { marker }),
          mark('open', { replaced: 'all' }),
          acquire(keys, 'a', { marker }),
        ),
        ['granted', 'granted', 'granted', 'granted', 'granted', 'refused: unmarked', 'granted', 'granted'],
      )
    },
  },
  {
    claim: 'a founded node is founded again only from what its founder saw, and not after it was opened',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, founding: orders } = await fleetOn(node, 0)
      const replies = await ask(
        node,
        ...orders.slice(0, 2),
        mark('found', { seats: 'new' }),
        mark('found', { seats: 'new', replaced: 'others' }),
        mark('found', { seats: 'new', replaced: 'all' }),
        mark('open', { seats: 'all', replaced: 'new', fleet: 'older' }),
        mark('found', { seats: 'newest', replaced: 'all' }),
      )
      deepEqual(
        replies.slice(2).map((reply) => markerIn(reply)?.seats),
        ['all', 'all', 'new', 'all', 'all'],
      )
      equal(markerIn(replies.at(-1))?.fleet, 'older')
    },
  },
  {
    claim: 'a node that was emptied has forgotten until it is admitted, one that was restarted has not',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, founding: orders } = await fleetOn(node, 0)
      const replies = await ask(
        node,
        mark('quarantine', { seats: 'theirs' }),
        mark('quarantine', { run: 'later' }),
        mark('lift', { longestTtl: 2 * ttl }),
        mark('quarantine', { run: 'last' }),
        ...orders,
      )
      deepEqual(
        replies.slice(0, 4).map((reply) => [markerIn(reply)?.forgot, markerIn(reply)?.longestTtl]),
        [
          [true, ttl],
          [true, ttl],
          [false, 2 * ttl],
          [false, 2 * ttl],
        ],
      )
    },
  },
]
