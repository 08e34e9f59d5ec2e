/** What one client saw and when, on the one monotonic clock that all processes of a machine share. */
export type HistoryEvent = { readonly client: string; readonly at: number; readonly attempt: string } & (
  | { readonly kind: 'asked'; readonly resource: string }
  /** Held, by its own account, until `validUntil`. */
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
  /** A name for a new attempt, unlike those of any other client. */
  attempt(): string
  record(attempt: string, what: Body<HistoryEvent>): void
}

/** Milliseconds by CLOCK_MONOTONIC: one clock for every process of the machine. */
export function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Writes down what a client sees. `deliver` gets every event at once, to send it to another process for instance. */
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
