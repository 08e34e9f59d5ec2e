import type { Events } from './watch.js'

// The part of node-redis that is used here, typed structurally, so that every compatible version fits.

/** What `createClient` of node-redis 5 or 6 returns. */
export interface NodeRedisClient extends Events {
  readonly isReady: boolean
  readonly options?: object | undefined
  sendCommand(args: string[], options?: object): Promise<unknown>
  /** The same connection, with other settings for each command. */
  withCommandOptions(options: object): { sendCommand(args: string[]): Promise<unknown> }
  duplicate(overrides?: object): SubscribingClient
}

/** What `createSentinel` returns. The group is one node. */
export interface NodeRedisSentinel extends Events {
  readonly isReady: boolean
  getMasterNode(): unknown
  sendCommand(isReadonly: boolean | undefined, args: string[], options?: object): Promise<unknown>
  /** Missing in node-redis 5. */
  duplicate?(overrides?: object): SubscribingClient
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  unsubscribe(channel: string): Promise<void>
}

/** What `createCluster` returns. The cluster is one node. */
export interface NodeRedisCluster extends Events {
  readonly isOpen: boolean
  readonly slots: readonly unknown[]
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
    options?: object,
  ): Promise<unknown>
  duplicate(overrides?: object): SubscribingClient
}

/** The part of a node-redis client that subscribes. */
export interface SubscribingClient {
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  unsubscribe(channel: string): Promise<void>
  destroy(): unknown
  unref?(): unknown
  on(event: string, listener: () => void): unknown
}
