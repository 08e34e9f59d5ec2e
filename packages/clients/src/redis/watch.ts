import type { ConnectionObserver } from '@quorumlock/core'

export interface Events {
  on(event: string, listener: (event: unknown) => void): unknown
  off(event: string, listener: (event: unknown) => void): unknown
}

/** The names of a client's events. */
export interface ConnectionEvents {
  readonly made: readonly string[]
  readonly lost: readonly string[]
  /** The connection leads to another server from now on, if the function returns true for the event. */
  readonly moved?: Readonly<Record<string, (event: unknown) => boolean>> | undefined
}

/** Reports each change once, however many events a client emits for it. Never listens to `error`, which is up to the owner. */
export function watchConnection(
  client: Events,
  isReady: () => boolean,
  events: ConnectionEvents,
  observer: ConnectionObserver,
): () => void {
  let up = isReady()
  const made = (): void => {
    if (up) return
    up = true
    observer.connected()
  }
  const lost = (): void => {
    if (!up) return
    up = false
    observer.disconnected()
  }
  const moved = (counts: (event: unknown) => boolean) => (event: unknown) => {
    if (!counts(event)) return
    lost()
    if (isReady()) made()
  }
  const listeners: (readonly [string, (event: unknown) => void])[] = [
    ...events.made.map((name) => [name, made] as const),
    ...events.lost.map((name) => [name, lost] as const),
    ...Object.entries(events.moved ?? {}).map(([name, counts]) => [name, moved(counts)] as const),
  ]
  for (const [name, listener] of listeners) client.on(name, listener)
  return () => {
    for (const [name, listener] of listeners) client.off(name, listener)
  }
}
