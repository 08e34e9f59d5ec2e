import type { FaultTarget } from './target.js'
import type { Undo } from '../undo.js'

export type FaultGroup = 'process' | 'network' | 'refusal' | 'data' | 'clock'

/** What can be told to a fault; each uses what it has a use for. */
export interface FaultOptions {
  /** How much, or for how long, milliseconds. */
  readonly ms?: number | undefined
  /** The key that it is about. */
  readonly key?: string | undefined
  /** The command that it is about. */
  readonly command?: string | undefined
  /** Which of the commands that follow, from 1. Default: every one until it is taken back. */
  readonly nth?: number | undefined
}

export interface Fault {
  readonly group: FaultGroup
  /** What happens, in a few words. */
  readonly about: string
  /** Whether the server can come out of it without what it had stored. A quorum stands less of these than of others. */
  readonly losesData?: boolean
  /** Why this node cannot have it, if so. */
  readonly obstacle?: (node: FaultTarget) => string | undefined
  /** Resolves once the fault is effective. */
  readonly inject: (node: FaultTarget, options: FaultOptions) => Promise<Undo>
}

/** For what is done in an instant and leaves nothing to take back. */
export const nothingToUndo: Undo = async () => undefined
