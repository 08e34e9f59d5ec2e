import type { Direction } from '../proxy/lane.js'

/** Which machinery runs the servers. `processes` needs a redis-server or valkey-server, `compose` a Docker engine. */
export type FleetBackend = 'compose' | 'processes'

export interface FleetOptions {
  /** How many independent servers. Default: 5. */
  readonly nodes?: number | undefined
  /** Default `auto`: processes where a server binary is found, containers otherwise. */
  readonly backend?: FleetBackend | 'auto' | undefined
  /**
   * What survives a restart. `none` (default): nothing, a restarted server comes back empty, which is what a lock has
   * to fear most. `aof`: everything that was acknowledged (`appendfsync always`).
   */
  readonly persistence?: 'none' | 'aof' | undefined
  /** The server to run, for the processes backend. Default: `REDIS_SERVER_BIN`, then what is on the path. */
  readonly serverBinary?: string | undefined
}

export interface RestartOptions {
  /** Throw away what the server kept on disk. Default: false. */
  readonly wipe?: boolean | undefined
}

export interface PartitionOptions {
  /** As the clients see it: their requests do not arrive, the replies do not, or both (default). */
  readonly direction?: Direction | undefined
  /**
   * What becomes of the bytes. `stall` (default): delivered when the partition is over, as TCP does it. `discard`:
   * lost; the connections that lost some are reset when it is over.
   */
  readonly bytes?: 'stall' | 'discard' | undefined
}

export interface LatencyOptions {
  /** Up to so many milliseconds on top. Default: 0. */
  readonly jitter?: number | undefined
  /** Default: `replies`, so that a round trip takes this much longer. */
  readonly direction?: Direction | undefined
}
