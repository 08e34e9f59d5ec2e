import { ok } from 'node:assert/strict'
import type { LockNode, MarkCommand, MarkerCheck, MarkerSighting, NodeReply } from '@quorumlock/core'
import { ttl } from './behaviour.js'
import { askOne, freshKeys } from './subject.js'

type Mode = MarkCommand['mode']

/** One fleet on the node. */
export interface Fleet {
  readonly keys: readonly string[]
  readonly prefix: string
  readonly marker: MarkerCheck
  readonly mark: (mode: Mode, more?: Partial<MarkCommand>) => MarkCommand
  /** What makes the node vote. */
  readonly founding: readonly MarkCommand[]
}

export async function fleetOn(node: LockNode, count: number): Promise<Fleet> {
  const [key = '', ...keys] = freshKeys(count + 1)
  const hello = await askOne(node, { kind: 'greet', marker: key })
  ok(hello.vote === 'granted' && hello.greeting !== undefined)
  const { run } = hello.greeting
  const order = { kind: 'mark', marker: key, fleet: 'f', run, stamp: 'stamp' } as const
  const mark: Fleet['mark'] = (mode, more) => ({
    ...{ ...order, mode, longestTtl: ttl, floor: 0, duration: ttl, seats: 'all' },
    ...more,
  })
  return {
    keys,
    prefix: key.slice(0, key.lastIndexOf(':') + 1),
    marker: { key, stamp: 'stamp', longestTtl: 0 },
    mark,
    founding: [mark('plant'), mark('found'), mark('open', { replaced: 'all' })],
  }
}

export function markerIn(reply: NodeReply | undefined): MarkerSighting | null | undefined {
  return reply?.vote === 'granted' ? reply.greeting?.marker : undefined
}
