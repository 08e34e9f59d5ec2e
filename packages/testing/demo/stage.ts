import type { Redlock } from '@quorumlock/core'
import type { Hear } from './events.js'

/** Where the demo plays: nodes that faults can happen to, and workers. */
export interface Stage {
  /** What it is made of, for people. */
  readonly title: string
  readonly nodes: readonly StageNode[]
  /** A client of its own, for looking only. */
  readonly observer: Redlock
  startWorker(name: string, hear: Hear): StageWorker
  dispose(): Promise<void>
}

export interface StageNode {
  readonly name: string
  kill(): Promise<void>
  /** With nothing of what it knew. */
  restart(): Promise<void>
  freeze(): Promise<void>
  thaw(): Promise<void>
}

export interface StageWorker {
  /** Ends at once and releases nothing. */
  crash(): void
  /** Ends when its present section is over. */
  stop(): Promise<void>
}
