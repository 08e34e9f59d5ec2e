export interface DaprNodeOptions {
  /** Name of the lock component. */
  readonly store: string
  /** URL of the sidecar. Default: `DAPR_HTTP_ENDPOINT`, else the port `DAPR_HTTP_PORT` (3500) of this host. */
  readonly address?: string | undefined
  /** Prefixed to the value of each lock, so that people can identify its owner. */
  readonly owner?: string | undefined
  /** Shown in votes, errors and `health()`; unique in a quorum. Default: host, port and store. */
  readonly name?: string | undefined
  /** Default: `DAPR_API_TOKEN`. */
  readonly apiToken?: string | undefined
  /** Milliseconds after which a request is aborted. Default: 10,000. */
  readonly requestTimeout?: number | undefined
}
