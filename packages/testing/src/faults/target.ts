import type { BackendServer, StartOptions } from '../fleet/backend.js'
import type { RespConnection } from '../fleet/resp.js'
import type { Network } from '../proxy/network.js'
import type { Undo } from '../undo.js'

/** What a fault needs of the node that it happens to. */
export interface FaultTarget {
  readonly name: string
  /** All connections of clients to the server. */
  readonly network: Network
  /** The server that the proxy leads to at present. */
  readonly server: BackendServer
  kill(): Promise<Undo>
  /** SIGTERM: the server shuts down in an orderly way. */
  terminate(): Promise<Undo>
  pause(): Promise<Undo>
  restart(options?: { readonly wipe?: boolean }): Promise<void>
  restartWith(options: StartOptions): Promise<void>
  /** From now on the proxy leads to another server. */
  redirect(server: BackendServer): void
  /** The server that the proxy leads to is running again, whichever ended before it. */
  restartOver(): Promise<void>
  /** Resolves once the server answers. */
  ready(): Promise<void>
  /** Sends a command past the proxy, with all rights, and resolves with the text of the reply. */
  command(...words: readonly string[]): Promise<string>
  commandWithin(timeoutMs: number, ...words: readonly string[]): Promise<string>
  /** A connection past the proxy, with all rights, that stays open while a fault is in force. */
  openAdmin(): Promise<RespConnection>
}
