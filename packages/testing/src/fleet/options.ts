import type { Direction } from '../proxy/lane.js'

/** Which machinery runs the servers. `processes` needs a redis-server or valkey-server, `compose` a Docker engine. */
export type FleetBackend = 'compose' | 'processes'

export interface FleetOptions {
  /** How many independent servers. Default: 5. */
  readonly nodes?: number | undefined
  /** Default `auto`: processes where a server binary is found, containers otherwise. */
  readonly backend?: FleetBackend | 'auto' | undefined
  /**
   * What survives a restart. `none` (default): nothing; a restarted server is empty, which is the worst case for a lock.
   * `aof`: everything that was acknowledged (`appendfsync always`).
   */
  readonly persistence?: 'none' | 'aof' | undefined
  /** The server to run, for the processes backend. Default: `REDIS_SERVER_BIN`, then what is on the path. */
  readonly serverBinary?: string | undefined
}

export interface RestartOptions {
  /** Delete the server's data on disk. Default: false. */
  readonly wipe?: boolean | undefined
}

export interface PartitionOptions {
  /** From the clients' view: their requests do not arrive, the replies do not, or both (default). */
  readonly direction?: Direction | undefined
  /**
   * What happens to the bytes. `stall` (default): they are delivered after the partition, as by TCP. `discard`: they are
   * lost, and the connections that lost some are reset after the partition.
   */
  readonly bytes?: 'stall' | 'discard' | undefined
}

export interface LatencyOptions {
  /** Up to this many additional milliseconds. Default: 0. */
  readonly jitter?: number | undefined
  /** Default: `replies`, so that a round trip takes this much longer. */
  readonly direction?: Direction | undefined
}
