import type { FaultName, FaultOptions } from '../faults/faults.js'
import type { FleetBackend, LatencyOptions, PartitionOptions, RestartOptions } from '../fleet/options.js'
import type { Lane } from '../proxy/lane.js'
import type { Network } from '../proxy/network.js'
import type { Undo } from '../undo.js'

/**
 * One Redis server of a fleet, behind a proxy. Every method resolves once its effect can be observed by a client.
 * What is returned takes the effect back; `heal()` does so for all.
 */
export interface FleetNode {
  readonly name: string
  /** Through the proxy, which is where clients belong. */
  readonly url: string
  readonly port: number
  /** Past the proxy: faults of the network do not reach it. */
  readonly directPort: number
  readonly isRunning: boolean
  /** All that can be done to the connections, of all clients or of those of one lane. */
  readonly network: Network
  /** Ends the server at once (SIGKILL): no goodbye to clients, nothing saved. */
  kill(): Promise<Undo>
  /** Starts the server on the same port, after killing it if it still ran. Resolves when it answers. */
  restart(options?: RestartOptions): Promise<void>
  /** Freezes the server: its connections stay open and nothing answers. */
  pause(): Promise<Undo>
  resume(): Promise<void>
  /** Deletes every key. */
  flush(): Promise<void>
  partition(options?: PartitionOptions): Promise<Undo>
  latency(ms: number, options?: LatencyOptions): Promise<Undo>
  /** Commands are applied and their replies lost. */
  dropReplies(): Promise<Undo>
  /** Moves the server's wall clock. Where the backend cannot, the remaining time of every key is shifted instead. */
  stepClock(ms: number): Promise<Undo>
  /** Any fault of the catalogue, by name. */
  inject(fault: FaultName, options?: FaultOptions): Promise<Undo>
  /** Why this fault cannot be had here, or undefined where it can. */
  cannot(fault: FaultName): string | undefined
  /** Takes back everything that was done to this node and is still in force. */
  heal(): Promise<void>
  /** A way to the server for one client alone, on a port of its own. The same name gives the same lane. */
  lane(client: string): Promise<Lane>
  /** Sends a command past the proxy, with all rights, and resolves with the text of a reply that is not an array. */
  command(...words: readonly string[]): Promise<string>
}

/** Independent Redis servers that live as long as the test. */
export interface Fleet extends AsyncDisposable {
  readonly backend: FleetBackend
  readonly nodes: readonly FleetNode[]
  readonly urls: readonly string[]
  /** URLs for one client alone, so that faults of the network can be its own. */
  lane(client: string): Promise<readonly string[]>
  /** Takes back every fault on every node. */
  heal(): Promise<void>
  /** Ends every server and removes what they left on disk. */
  dispose(): Promise<void>
}
