import type { Ability, LockNode, NodeCommand, NodeReply } from '@quorumlock/core'
import { ask } from './subject.js'

/** A claim about every node that has the required abilities. */
export interface Behaviour {
  readonly claim: string
  readonly needs?: readonly Ability[] | undefined
  readonly holds: (node: LockNode) => Promise<void>
}

/** Longer than a test, milliseconds. */
export const ttl = 30_000

export function acquire(keys: readonly string[], value: string, extra: object = {}): NodeCommand {
  return { kind: 'acquire', keys, value, ttl, queue: 'ignore', ...extra }
}
export const release = (keys: readonly string[], value: string, extra: object = {}): NodeCommand => ({
  kind: 'release',
  keys,
  value,
  ...extra,
})

/** The vote, with the reason of a refusal. */
export function voteOf(reply: NodeReply | undefined): string {
  if (reply === undefined) return 'nothing'
  return reply.vote === 'granted' ? 'granted' : `${reply.vote}: ${reply.reason}`
}

export async function saidTo(node: LockNode, ...commands: readonly NodeCommand[]): Promise<string[]> {
  return (await ask(node, ...commands)).map(voteOf)
}
