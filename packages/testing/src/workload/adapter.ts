/** What a lock library must offer to be tested by a workload. A module exports `openLocks`. */
export interface LockAdapter {
  /** One attempt, or as many as the library makes on its own. Null if the lock is unavailable. */
  acquire(resource: string): Promise<AdapterLock | null>
  /** Closes everything. Afterwards, nothing may keep the process alive. */
  close(): Promise<void>
}

export interface AdapterLock {
  /** Until when the client surely holds it, on `machineNow()`'s clock. Changes if the library renews automatically. */
  readonly validUntil: number
  /** Fencing token, if there is one. */
  readonly token?: bigint | undefined
  /** Extends the lock; absent if the library cannot. */
  extend?(): Promise<void>
  release(): Promise<void>
}

export interface AdapterOptions {
  /** One per node, for this client alone. */
  readonly urls: readonly string[]
  readonly client: string
  readonly ttl: number
}

export type OpenLocks = (options: AdapterOptions) => Promise<LockAdapter>
