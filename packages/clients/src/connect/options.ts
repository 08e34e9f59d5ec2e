import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { RedlockOptions } from '@quorumlock/core'

/** The options of `new Redlock` except the nodes, and how to connect to them. All times are milliseconds. */
export interface ConnectOptions extends Omit<RedlockOptions, 'nodes' | 'label'> {
  /** User of an access control list, for all nodes that do not specify their own. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** `true`, or options of `tls.connect`. Default: as in the URL. */
  readonly tls?: boolean | TlsOptions | undefined
  /** Shown by `CLIENT LIST` on the servers. Default: `quorumlock`. */
  readonly clientName?: string | undefined
  /** How long to wait for a majority, and for each connection. Default: 5,000. */
  readonly connectTimeout?: number | undefined
  /** How often an idle connection is checked. Default: 2,000. Lower values detect a dead peer sooner. */
  readonly pingInterval?: number | undefined
  /** A connection without traffic for this long is replaced. Default: 5,000. Must exceed `pingInterval`. */
  readonly socketTimeout?: number | undefined
  /** Every write survives a crash of the servers (`appendfsync always`). Default: false. */
  readonly durable?: boolean | undefined
  /**
   * Identifies the client to people: shown by `inspect()`, in warnings and in traces. It is stored in the lock key and
   * in the queues, so everyone with access to the nodes can read it. Default: host name and process id, `host:1234`;
   * `false` for none.
   */
  readonly label?: string | false | undefined
}
