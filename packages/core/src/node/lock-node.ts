import type { NodeCommand } from './commands.js'
import type { NodeReply } from './replies.js'

/**
 * The port of the whole design: everything that can cast a vote is a `LockNode`, and everything else is counting.
 *
 * A node takes commands and answers each of them exactly once. Deadlines, retries, suspicion, the roll-back of
 * what may have happened and the counting of votes are not its business: the quorum engine does that for all nodes.
 */
export interface LockNode {
  /** Shown in votes, errors and `health()`; unique in a quorum. Must not hold credentials. */
  readonly name: string
  /** What this kind of node cannot do. The engine refuses or falls back accordingly. */
  readonly lacks?: readonly Ability[] | undefined
  /** Whether a command sent now would leave at once. The engine never sends to a node that is not connected. */
  readonly connected: boolean
  /**
   * Sends one command. `answer` is called once, never before `send` has returned, in its own time:
   * the engine has deadlines of its own and makes use of late answers. Never throws; what went wrong is a vote.
   * Commands sent one after another to the same node must be applied in that order.
   */
  send(command: NodeCommand, answer: (reply: NodeReply) => void): void
  /** Tells of every connection that was made or lost. Returns a function that ends the watch. */
  watch?(observer: ConnectionObserver): () => void
  /**
   * Opens a channel on which the node announces waiters whose turn has come. A hint only: messages may be lost.
   * Survives reconnects. Returns a function that ends the subscription.
   */
  subscribe?(channel: string, observer: WakeObserver): () => void
  /** Frees what the node itself opened. A node over a connection of the user's leaves that alone. */
  close?(): void | Promise<void>
}

/**
 * - `extend` the time of a lock
 * - `multiKey` take several keys in one command
 * - `queue` remember waiters in order
 * - `fencing` count tokens
 * - `marker` remember the fleet, so that the guard notices lost data
 * - `inspect` report on locks of other clients
 */
export type Ability = (typeof ABILITIES)[number]

export const ABILITIES = ['extend', 'multiKey', 'queue', 'fencing', 'marker', 'inspect'] as const

export interface ConnectionObserver {
  connected(): void
  disconnected(): void
}

export interface WakeObserver {
  /** The subscription stands, for the first time or again: what was said before may have been missed. */
  live(): void
  /** The identity of a waiter whose turn may have come; with `handed` the node has given it the lock already. */
  message(waiterId: string, handed?: Handed): void
}

/** What a node says when it gives a lock to the next waiter by itself, under the waiter's identity as the value. */
export interface Handed {
  /** Milliseconds for which the node keeps it, from the hand-over on. */
  readonly remaining: number
  /** When the place would have lapsed, by the node's clock: tells on which of the waiter's attempts it stood. */
  readonly deadline: number
}
