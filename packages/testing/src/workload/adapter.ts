/** What a lock library has to offer to be put on the bench. A module exports `openLocks`. */
export interface LockAdapter {
  /** One attempt, or as many as the library makes by itself. Null when it could not be had. */
  acquire(resource: string): Promise<AdapterLock | null>
  /** Ends everything: afterwards nothing may keep the process alive. */
  close(): Promise<void>
}

export interface AdapterLock {
  /** Until when it is surely ours, on `machineNow()`'s clock. May move when the library renews by itself. */
  readonly validUntil: number
  /** Fencing token, if there is one. */
  readonly token?: bigint | undefined
  /** Prolongs it; absent where the library cannot. */
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
