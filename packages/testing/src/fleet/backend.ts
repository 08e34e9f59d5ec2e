import type { ServerClock } from './clock/server-clock.js'

/** One server, run by a backend and reached directly, with the operations that only the backend can perform. */
export interface BackendServer {
  readonly name: string
  /** The server's own port, which bypasses the proxy. */
  readonly port: number
  readonly isRunning: boolean
  readonly isPaused: boolean
  /** Its wall clock, if it can be set. */
  readonly clock?: ServerClock | undefined
  /** The folder of its data, if accessible. */
  readonly folder?: string | undefined
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM, and wait for its end. */
  terminate(): Promise<void>
  /** Starts it again on its port, with further arguments for this one run. */
  start(options?: StartOptions): Promise<void>
  /** SIGSTOP. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Starts an additional server, which ends with the fleet; absent if the backend cannot. */
  spare?(): Promise<BackendServer>
}

/** The servers of a fleet, all running. */
export interface RunningServers {
  readonly servers: readonly BackendServer[]
  /** Ends every server and removes what they left behind. */
  readonly end: () => Promise<void>
}

export interface StartOptions {
  readonly wipe?: boolean | undefined
  readonly args?: readonly string[] | undefined
  /** Resolve when the server answers at all, even with an error, or when it serves (default). */
  readonly until?: 'answers' | 'serves' | undefined
}
