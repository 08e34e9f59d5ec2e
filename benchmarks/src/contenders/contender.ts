/** How long a lock lives, the same for everybody: our default. Milliseconds. */
export const TTL = 30_000

export interface Held {
  release(): Promise<unknown>
}

/** A lock library under measurement, with connections of its own. */
export interface Contender {
  /** Takes all resources, waiting for as long as it takes: retries as the library has them by default, without end. */
  acquire(resources: readonly string[]): Promise<Held>
  close(): Promise<void>
}

export interface Entry {
  readonly name: string
  /** `floor`: bare commands, no library. `ours`, and everybody else. */
  readonly kind: 'ours' | 'peer' | 'floor'
  readonly client: 'node-redis' | 'ioredis'
  /** Commands that it sends itself, by the names of INFO commandstats; what runs inside scripts is not among them. */
  readonly sends: readonly string[]
  /** Can take several resources as one lock. */
  readonly takesSeveral: boolean
  /** Renews what it holds by itself. */
  readonly renews: boolean
  readonly open: (urls: readonly string[]) => Promise<Contender>
}
