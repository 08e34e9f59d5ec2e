/** What one client observed and when, on the monotonic clock that all processes of a machine share. */
export type HistoryEvent = { readonly client: string; readonly at: number; readonly attempt: string } & (
  | { readonly kind: 'asked'; readonly resource: string }
  /** Held until `validUntil`, according to the client. */
  | { readonly kind: 'acquired'; readonly validUntil: number; readonly token?: string | undefined }
  | { readonly kind: 'extended'; readonly validUntil: number }
  | { readonly kind: 'failed'; readonly error: string }
  /** From here on it no longer counts as held. */
  | { readonly kind: 'releasing' }
  | { readonly kind: 'released' }
  | { readonly kind: 'lost'; readonly error: string }
  /** It has changed the counter that the lock protects. */
  | { readonly kind: 'wrote' }
)

export type History = readonly HistoryEvent[]

type Body<E> = E extends unknown ? Omit<E, 'client' | 'at' | 'attempt'> : never

export interface Recorder {
  readonly events: HistoryEvent[]
  /** A name for a new attempt, unique among all clients. */
  attempt(): string
  record(attempt: string, what: Body<HistoryEvent>): void
}

/** Milliseconds by CLOCK_MONOTONIC: one clock for every process of the machine. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Records what a client observes. `deliver` receives every event at once, for example to send it to another process. */
export function recordHistory(client: string, deliver?: (event: HistoryEvent) => void): Recorder {
  let attempts = 0
  const events: HistoryEvent[] = []
  return {
    events,
    attempt: () => `${client}/${++attempts}`,
    record: (attempt, what) => {
      const event = { client, at: machineNow(), attempt, ...what } as HistoryEvent
      if (deliver === undefined) events.push(event)
      else deliver(event)
    },
  }
}
