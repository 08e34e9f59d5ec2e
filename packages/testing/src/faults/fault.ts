import type { FaultTarget } from './target.js'
import type { Undo } from '../undo.js'

export type FaultGroup = 'process' | 'network' | 'refusal' | 'data' | 'clock'

/** Options of a fault; each fault uses only those that apply to it. */
export interface FaultOptions {
  /** How much, or for how long, milliseconds. */
  readonly ms?: number | undefined
  /** The key that the fault affects. */
  readonly key?: string | undefined
  /** The command that the fault affects. */
  readonly command?: string | undefined
  /** Which of the following commands, counting from 1. Default: every one until the fault is undone. */
  readonly nth?: number | undefined
}

export interface Fault {
  readonly group: FaultGroup
  /** What happens, in a few words. */
  readonly about: string
  /** Whether the server may lose its data. A quorum tolerates fewer of these faults than of others. */
  readonly losesData?: boolean
  /** Why this node cannot have the fault; undefined if it can. */
  readonly obstacle?: (node: FaultTarget) => string | undefined
  /** Resolves once the fault is effective. */
  readonly inject: (node: FaultTarget, options: FaultOptions) => Promise<Undo>
}

/** For faults that happen in an instant and cannot be undone. */
export const nothingToUndo: Undo = async () => undefined
