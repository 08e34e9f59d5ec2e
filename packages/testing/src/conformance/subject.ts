import { randomBytes } from 'node:crypto'
import type { LockNode, NodeCommand, NodeReply } from '@quorumlock/core'

/** A node under test. */
export interface Subject {
  readonly node: LockNode
  /** Called once at the end, after the node's own `close()`. */
  dispose?(): void | Promise<void>
}

/** A reply that has not arrived by then will not arrive, milliseconds; and the extra time for each of many commands. */
const answerWithin = 30_000
const moreForEach = 10

/** Sends commands one after another without waiting, and resolves with their replies. */
export function ask(node: LockNode, ...commands: readonly NodeCommand[]): Promise<NodeReply[]> {
  const kinds = [...new Set(commands.map(({ kind }) => kind))].join(', ')
  return within(
    Promise.all(commands.map((command) => new Promise<NodeReply>((resolve) => node.send(command, resolve)))),
    `an answer of ${node.name} to ${commands.length} commands (${kinds})`,
    answerWithin + moreForEach * commands.length,
  )
}

export async function askOne(node: LockNode, command: NodeCommand): Promise<NodeReply> {
  return (await ask(node, command))[0] as NodeReply
}

export async function within<T>(
  wanted: Promise<T>,
  what: string,
  patience: number = answerWithin,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patience} ms for ${what}`)), patience)
  })
  try {
    return await Promise.race([wanted, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Names that no other test uses. The hash tag keeps the keys of one test in one slot of a cluster. */
export function freshKeys(count: number): string[] {
  const tag = randomBytes(6).toString('hex')
  return Array.from({ length: count }, (_, index) => `conformance:{${tag}}:${index}`)
}

export function freshValue(): string {
  return randomBytes(12).toString('base64')
}
