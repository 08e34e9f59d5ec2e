import type { Redlock } from '@quorumlock/core'
import type { FleetNode, HistoryEvent } from '@quorumlock/testing'

/** Where the demo plays: nodes that faults can happen to, and workers. */
export interface Stage {
  /** What it is made of, for people. */
  readonly title: string
  readonly nodes: readonly Pick<FleetNode, 'name' | 'inject'>[]
  /** A client that only inspects. */
  readonly observer: Redlock
  startWorker(name: string, hear: (event: HistoryEvent) => void): StageWorker
  dispose(): Promise<void>
}

export interface StageWorker {
  /** Ends at once and releases nothing. */
  crash(): void
  /** Ends after its present section. */
  stop(): Promise<void>
}
