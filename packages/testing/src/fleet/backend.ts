import type { ServerClock } from './clock/server-clock.js'

/** One server as its backend runs it, reached directly. What can be done to it only by its backend is here. */
export interface BackendServer {
  readonly name: string
  /** Its own port, without a proxy before it. */
  readonly port: number
  readonly isRunning: boolean
  readonly isPaused: boolean
  /** Its wall clock, where it can be set. */
  readonly clock?: ServerClock | undefined
  /** Where it keeps its data, where we can reach that. */
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
  /** Another server beside it, which ends with the fleet; where the backend can. */
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
  /** Resolve when it answers at all, with an error for instance. Default: when it serves. */
  readonly until?: 'answers' | 'serves' | undefined
}
