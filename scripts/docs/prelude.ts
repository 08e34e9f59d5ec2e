// The globals of snippets in the docs: a client of five in-memory nodes, and the work that its locks protect.
import { Redlock, memoryNode } from '@quorumlock/core'

declare global {
  var redlock: Redlock
  /** The work that the locks of the examples protect. */
  function ship(order: number, options?: { signal?: AbortSignal }): Promise<void>
  function pay(order: number, options?: { token?: bigint | undefined; signal?: AbortSignal }): Promise<void>
  function report(text: string): void
}

globalThis.redlock = new Redlock({ nodes: Array.from({ length: 5 }, () => memoryNode()) })
globalThis.ship = async () => {}
globalThis.pay = async () => {}
globalThis.report = () => {}
