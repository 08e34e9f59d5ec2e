// What snippets in the docs take for granted: a client over five nodes in memory, and work to do under its locks.
import { Redlock, memoryNode } from '@quorumlock/core'

declare global {
  var redlock: Redlock
  /** The work of the examples. */
  function ship(order: number, options?: { signal?: AbortSignal }): Promise<void>
  function pay(order: number, options?: { token?: bigint | undefined; signal?: AbortSignal }): Promise<void>
  function report(text: string): void
}

globalThis.redlock = new Redlock({ nodes: Array.from({ length: 5 }, () => memoryNode()) })
globalThis.ship = async () => {}
globalThis.pay = async () => {}
globalThis.report = () => {}
