/** The TTL of every lock, milliseconds: the default of quorumlock. */
export const TTL = 30_000

export interface Held {
  release(): Promise<unknown>
}

/** A lock library under measurement, with its own connections. */
export interface Contender {
  /** Locks all resources. Waits indefinitely, with the library's default retry intervals. */
  acquire(resources: readonly string[]): Promise<Held>
  close(): Promise<void>
}

export interface Entry {
  readonly name: string
  /** `floor`: bare commands without a library. */
  readonly kind: 'ours' | 'peer' | 'floor'
  readonly client: 'node-redis' | 'ioredis'
  /** The commands that it sends, by their names in INFO commandstats, without those that scripts run. */
  readonly sends: readonly string[]
  /** Whether it can lock several resources at once. */
  readonly takesSeveral: boolean
  /** Whether it renews its locks automatically. */
  readonly renews: boolean
  readonly open: (urls: readonly string[]) => Promise<Contender>
}
