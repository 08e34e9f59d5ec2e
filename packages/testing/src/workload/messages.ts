import type { HistoryEvent } from '../history/history.js'

/** The task that a client process receives at its start. */
export interface ClientTask {
  readonly client: string
  readonly adapter: string
  readonly urls: readonly string[]
  readonly ttl: number
  readonly resources: readonly string[]
  /** Milliseconds of work under the lock, at most. */
  readonly section: number
  /** Pause between two attempts, at most. */
  readonly pause: number
  readonly seed: number
  /** The folder of the counters that the locks protect. */
  readonly folder: string
}

export type ToClient = { readonly kind: 'start'; readonly task: ClientTask } | { readonly kind: 'stop' }

export type FromClient =
  | { readonly kind: 'ready' }
  | { readonly kind: 'events'; readonly events: readonly HistoryEvent[] }
  | { readonly kind: 'unhandled'; readonly error: string }
  | { readonly kind: 'closed' }
