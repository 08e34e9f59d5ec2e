import { deepEqual } from 'node:assert/strict'
import type { LockNode, MarkerCheck } from '@quorumlock/core'
import { acquire, saidTo, ttl, type Behaviour } from './behaviour.js'
import { fleetOn, markerIn } from './fleet.js'
import { ask } from './subject.js'

const needs = ['marker'] as const

export const seats: readonly Behaviour[] = [
  {
    claim: 'a node that is told who holds the seats of its fleet refuses clients that know less',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { keys, mark, marker, founding } = await fleetOn(node, 2)
      const [first = '', second = ''] = keys
      const later: MarkerCheck = { ...marker, stamp: 'stamp/1' }
      const told = { seats: 'new', replaced: 'all', next: later.stamp }
      deepEqual(
        await saidTo(
          node,
          ...founding,
          mark('seats', { ...told, stamp: 'another' }),
          mark('seats', { ...told, replaced: 'others' }),
          acquire([first], 'a', { marker }),
          mark('seats', told),
          acquire([second], 'a', { marker }),
          { kind: 'extend', keys: [first], value: 'a', ttl, marker },
          { kind: 'repair', keys: [first], value: 'a', ttl, marker },
          { kind: 'extend', keys: [first], value: 'a', ttl, marker: later },
          acquire([second], 'a', { marker: later }),
        ).then((said) => said.slice(founding.length)),
        [
          ...['granted', 'granted', 'granted', 'granted'],
          ...['refused: unmarked', 'refused: unmarked', 'refused: unmarked', 'granted', 'granted'],
        ],
      )
    },
  },
  {
    claim: 'a node is told who holds the seats only by those who know what it knows, and once it is opened',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, founding } = await fleetOn(node, 0)
      const told = { seats: 'new', replaced: 'all', next: 'stamp/1' }
      const replies = await ask(
        node,
        mark('seats', told),
        ...founding.slice(0, 2),
        mark('seats', told),
        ...founding.slice(2),
        mark('seats', { ...told, stamp: 'another' }),
        mark('seats', { ...told, replaced: 'others' }),
        mark('seats', told),
        mark('seats', told),
      )
      const shown = replies.map(markerIn).map((marker) => (marker ? [marker.stamp, marker.seats] : marker))
      const [before, after] = [
        ['stamp', 'all'],
        ['stamp/1', 'new'],
      ]
      deepEqual(shown, [null, null, before, before, before, before, before, after, after])
    },
  },
  {
    claim: 'a node in quarantine learns who holds the seats, and enters one when it ends',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark } = await fleetOn(node, 0)
      for (const mode of ['restored', 'admit', 'lift'] as const) {
        const stamp = `for ${mode}`
        const ended = { stamp, seats: 'new', next: `${stamp}/1` }
        const replies = await ask(
          node,
          mark('quarantine', { run: mode, stamp, duration: 0 }),
          mark('seats', { stamp, seats: 'few', replaced: 'all', next: stamp }),
          mark(mode, { ...ended, run: mode, stamp: 'another' }),
          mark(mode, { ...ended, run: mode }),
        )
        const shown = replies
          .map(markerIn)
          .map((marker) => [marker?.stamp, marker?.seats, marker?.quarantine])
        deepEqual(shown, [
          [stamp, 'all', 0],
          [stamp, 'few', 0],
          [stamp, 'few', 0],
          [`${stamp}/1`, 'new', null],
        ])
      }
    },
  },
  {
    claim: 'a node whose seat another server has taken is put in quarantine, under the stamp that it had',
    needs,
    holds: async (node: LockNode): Promise<void> => {
      const { mark, founding } = await fleetOn(node, 0)
      const replies = await ask(
        node,
        ...founding,
        mark('quarantine', { stamp: 'new', replaced: 'another' }),
        mark('quarantine', { stamp: 'new', replaced: 'stamp' }),
      )
      const [before, after] = replies.slice(-2).map(markerIn)
      deepEqual([before?.stamp, before?.forgot, before?.quarantine], ['stamp', false, null])
      deepEqual([after?.stamp, after?.forgot, after?.quarantine === null], ['new', true, false])
    },
  },
]
