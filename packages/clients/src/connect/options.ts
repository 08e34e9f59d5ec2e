import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { RedlockOptions } from '@quorumlock/core'

/** Everything that `new Redlock` takes but the nodes, and how to reach them. All times are milliseconds. */
export interface ConnectOptions extends Omit<RedlockOptions, 'nodes' | 'label'> {
  /** User of an access control list, on all nodes that do not name their own. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** `true`, or options of `tls.connect`. Default: as the URL says. */
  readonly tls?: boolean | TlsOptions | undefined
  /** Shown by `CLIENT LIST` on the servers. Default: `quorumlock`. */
  readonly clientName?: string | undefined
  /** How long to wait for a majority, and for each connection. Default: 5,000. */
  readonly connectTimeout?: number | undefined
  /** How often an idle connection is tried. Default: 2,000. Lower: a dead peer is noticed sooner. */
  readonly pingInterval?: number | undefined
  /** A connection on which nothing moved for so long is made anew. Default: 5,000; more than `pingInterval`. */
  readonly socketTimeout?: number | undefined
  /** Every write survives a crash of the servers (`appendfsync always`). Default: false. */
  readonly durable?: boolean | undefined
  /**
   * Who asks, for people: shown by `inspect()`, in warnings and in traces. Travels in the lock key and in the queues,
   * so everyone with access to the nodes can read it. Default: host name and process id, `host:1234`; `false` for none.
   */
  readonly label?: string | false | undefined
}
