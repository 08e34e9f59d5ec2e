import type { NodeReply } from '@quorumlock/core'
import type { Heading } from './replies.js'
import type { EmbeddedScript } from './scripts/embedded.js'

export type Answer = (reply: NodeReply) => void

/** One call of a script. */
export interface Call {
  readonly script: EmbeddedScript
  /** Any of its keys, if it has one. */
  readonly key: string | undefined
  /** The cluster slot of its keys. */
  readonly slot: number | undefined
  /** The whole command: EVAL or EVALSHA, the script or its hash, number of keys, keys and arguments. */
  command(verb: string, script: string, number: string): string[]
  /** The locks or the marker that it concerns, for error messages. */
  keys(): readonly string[]
  /** The locks that it concerns: calls on the same locks must not be reordered. */
  locks(): readonly string[]
  /** `rest` is what follows the heading. */
  settle(heading: Heading, rest: readonly unknown[]): void
  settleAll(reply: NodeReply): void
}
