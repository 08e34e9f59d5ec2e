import type { NodeCommand } from './commands.js'
import type { NodeReply } from './replies.js'

/**
 * The port of the whole design: everything that can cast a vote is a `LockNode`, and everything else is counting.
 *
 * A node takes commands and answers each of them exactly once. The quorum engine handles deadlines, retries, suspicion,
 * the rollback of what may have happened and the counting of votes for all nodes, so a node does none of that.
 */
export interface LockNode {
  /** Shown in votes, errors and `health()`; unique in a quorum. Must not hold credentials. */
  readonly name: string
  /** What this kind of node cannot do. The engine refuses or falls back accordingly. */
  readonly lacks?: readonly Ability[] | undefined
  /** Whether a command sent now would leave immediately. The engine never sends to a node that is not connected. */
  readonly connected: boolean
  /**
   * Sends one command. `answer` is called exactly once, never before `send` has returned, and may be called at any
   * time, because the engine has its own deadlines and uses late answers. Must not throw; a failure is a vote too.
   * Commands sent to the same node must be applied in the order in which they were sent.
   */
  send(command: NodeCommand, answer: (reply: NodeReply) => void): void
  /** Reports every connection that was established or lost. Returns a function that stops watching. */
  watch?(observer: ConnectionObserver): () => void
  /**
   * Opens a channel on which the node announces waiters whose turn has come. Messages are hints and may be lost.
   * Survives reconnects. Returns a function that ends the subscription.
   */
  subscribe?(channel: string, observer: WakeObserver): () => void
  /** Closes what the node itself opened. A node on the user's connection leaves that connection open. */
  close?(): void | Promise<void>
}

/**
 * - `extend`: extends a lock
 * - `multiKey`: acquires several keys in one command
 * - `queue`: remembers waiters in order
 * - `fencing`: counts tokens
 * - `marker`: remembers the fleet, so that the guard notices lost data
 * - `inspect`: reports the locks of other clients
 * - `list`: lists all its locks, so that a node that lost its data can be given back what it forgot
 */
export type Ability = (typeof ABILITIES)[number]

export const ABILITIES = ['extend', 'multiKey', 'queue', 'fencing', 'marker', 'inspect', 'list'] as const

export interface ConnectionObserver {
  connected(): void
  disconnected(): void
}

export interface WakeObserver {
  /** The subscription is active, for the first time or again. Earlier messages may have been missed. */
  live(): void
  /** The id of a waiter whose turn may have come. With `handed` the node has already handed it the lock. */
  message(waiterId: string, handed?: Handed): void
}

/** Sent when a node has handed a lock to the next waiter, with the waiter's id as the value of the lock. */
export interface Handed {
  /** Milliseconds for which the node keeps the lock, counted from the handover. */
  readonly remaining: number
  /** When the place would have expired, by the node's clock. Identifies the attempt that had created the place. */
  readonly deadline: number
  /** Of the marker under which it was handed over. */
  readonly stamp: string
}
