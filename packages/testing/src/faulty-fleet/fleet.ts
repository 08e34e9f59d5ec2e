import type { FaultName, FaultOptions } from '../faults/faults.js'
import type { FleetBackend, LatencyOptions, PartitionOptions, RestartOptions } from '../fleet/options.js'
import type { Lane } from '../proxy/lane.js'
import type { Network } from '../proxy/network.js'
import type { Undo } from '../undo.js'

/**
 * One Redis server of a fleet, behind a proxy. Every method resolves once its effect can be observed by a client.
 * The returned function undoes the effect; `heal()` undoes all.
 */
export interface FleetNode {
  readonly name: string
  /** Through the proxy, which is where clients belong. */
  readonly url: string
  readonly port: number
  /** Bypasses the proxy, so network faults do not affect it. */
  readonly directPort: number
  readonly isRunning: boolean
  /** Faults of the connections, of all clients or of one lane. */
  readonly network: Network
  /** Ends the server immediately (SIGKILL): no orderly close of connections, nothing saved. */
  kill(): Promise<Undo>
  /** Starts the server on the same port, after killing it if it is still running. Resolves when it answers. */
  restart(options?: RestartOptions): Promise<void>
  /** Freezes the server: its connections stay open, and nothing is answered. */
  pause(): Promise<Undo>
  resume(): Promise<void>
  /** Deletes every key. */
  flush(): Promise<void>
  partition(options?: PartitionOptions): Promise<Undo>
  latency(ms: number, options?: LatencyOptions): Promise<Undo>
  /** Commands are applied, but their replies are lost. */
  dropReplies(): Promise<Undo>
  /** Moves the server's wall clock. If the backend cannot, shifts the remaining time of every key instead. */
  stepClock(ms: number): Promise<Undo>
  /** Any fault of the catalogue, by name. */
  inject(fault: FaultName, options?: FaultOptions): Promise<Undo>
  /** Why this node cannot have the fault; undefined if it can. */
  cannot(fault: FaultName): string | undefined
  /** Undoes every fault of this node that is still in force. */
  heal(): Promise<void>
  /** A route to the server for a single client, on a separate port. The same name gives the same lane. */
  lane(client: string): Promise<Lane>
  /** Sends a command past the proxy, with all rights, and resolves with the text of a reply that is not an array. */
  command(...words: readonly string[]): Promise<string>
}

/** Independent Redis servers that live as long as the test. */
export interface Fleet extends AsyncDisposable {
  readonly backend: FleetBackend
  readonly nodes: readonly FleetNode[]
  readonly urls: readonly string[]
  /** URLs for a single client, so that network faults can be limited to it. */
  lane(client: string): Promise<readonly string[]>
  /** Undoes every fault on every node. */
  heal(): Promise<void>
  /** Ends every server and removes what they left on disk. */
  dispose(): Promise<void>
}
