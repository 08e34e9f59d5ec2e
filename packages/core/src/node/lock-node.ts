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

export type NodeCommand =
  | AcquireCommand
  | ExtendCommand
  | RepairCommand
  | ReleaseCommand
  | ForceCommand
  | InspectCommand
  | GreetCommand
  | MarkCommand

interface KeyedCommand {
  /** Lock keys with their prefix, sorted and without repetition: all of them or none. */
  readonly keys: readonly string[]
}

/** Take all keys if they are free, nobody older waits for them and the token is higher than every earlier one. */
export interface AcquireCommand extends KeyedCommand {
  readonly kind: 'acquire'
  readonly value: string
  /** Milliseconds. */
  readonly ttl: number
  /** `ignore`: as if there were no queue. `respect`: behind those who wait, without waiting. A waiter: enqueue when refused. */
  readonly queue: 'ignore' | 'respect' | Waiter
  readonly fence?: Fence | undefined
  readonly marker?: MarkerCheck | undefined
}

/** Prolong the time of all keys that hold the value, if all of them do. */
export interface ExtendCommand extends KeyedCommand {
  readonly kind: 'extend'
  readonly value: string
  readonly ttl: number
  /** The node remembers the highest one for as long as the keys live, and refuses lower ones as `taken`. */
  readonly bearer?: Bearer | undefined
  readonly marker?: MarkerCheck | undefined
}

/** Give the keys back to an owner that a majority has just confirmed; works in quarantine. */
export interface RepairCommand extends KeyedCommand {
  readonly kind: 'repair'
  readonly value: string
  readonly ttl: number
  readonly fence?: Fence | undefined
  readonly marker?: MarkerCheck | undefined
}

/** Delete the keys that hold the value; each key that is free now goes to its next waiter, or that one is woken. */
export interface ReleaseCommand extends KeyedCommand {
  readonly kind: 'release'
  /** Also the identity of a waiter, which gives up its place and what was handed to it. */
  readonly value: string
  /** A waiter that keeps its place though it gives back what this node had granted. */
  readonly requeue?: Waiter | undefined
  /** Nothing is released, and the answer is `taken`, where the node knows of a higher one. */
  readonly bearer?: Bearer | undefined
  /** Without it the next waiter is woken, never given the lock. */
  readonly marker?: MarkerCheck | undefined
}

/**
 * Which of the processes that went on with one lock sends a command: 0 the one that took it, 1 the one that resumed it
 * from there, and so on. Absent for a lock that never left its process.
 */
export type Bearer = number

/** Delete the keys whoever holds them. For operators. */
export interface ForceCommand extends KeyedCommand {
  readonly kind: 'force'
}

export interface InspectCommand extends KeyedCommand {
  readonly kind: 'inspect'
  /** To be woken when the keys are free and nobody waits for them: a waiter whose `at` is `Infinity`, in nobody's way. */
  readonly watch?: Waiter | undefined
}

/** Who are you, and what does the marker of this fleet say? Also serves as the probe of a silent node. */
export interface GreetCommand {
  readonly kind: 'greet'
  /** Key of the marker; without one nothing but the answer itself counts. */
  readonly marker?: string | undefined
}

/** Writes the marker of a fleet. Each mode has a condition that is checked on the node, so that clients cannot race. */
export interface MarkCommand {
  readonly kind: 'mark'
  readonly marker: string
  /**
   * - `found` a new fleet: only where no marker is
   * - `quarantine` a node that lost data: only while no marker of this run is there
   * - `admit` the end of a quarantine: only when its time is over
   * - `shorten` a quarantine that the node's clock, set back, made longer than one can be: only while it is longer
   * - `lift` an operator's word: at once
   */
  readonly mode: 'found' | 'quarantine' | 'admit' | 'shorten' | 'lift'
  readonly fleet: string
  readonly run: string
  /** Longest TTL granted in the fleet so far, milliseconds. */
  readonly longestTtl: number
  /** No token up to this one may be granted here again. */
  readonly floor: number
  /** How long the node stays out from now on, milliseconds; only for `quarantine` and `shorten`. */
  readonly duration: number
}

/** The `at` of a waiter that is further off than this from a node's clock is replaced by the node's own, milliseconds. */
export const CLOCK_TOLERANCE = 1_000

/** A place in the queue of every key. The same on all nodes, so that their queues agree. In an acquire its id is the value. */
export interface Waiter {
  /**
   * `<channel>#<number>`: the channel belongs to the client, see `channelOf`. With `@<milliseconds>` behind it the client
   * listens, see `listens`, and a node may give the lock to the waiter for so long when its turn comes, see
   * `longestHandOver`.
   */
  readonly id: string
  /** Wall-clock time in milliseconds at which the wait began, by the client's clock; `Infinity` for one that only watches. */
  readonly at: number
  /** How long it has waited so far by a steady clock, milliseconds; shows a node whether `at` can be true. */
  readonly age: number
  /** The place lapses when it is not renewed for so long, milliseconds. */
  readonly life: number
}

export interface Fence {
  readonly token: number
  /** How long the counter outlives the grant, milliseconds. */
  readonly retention: number
}

export interface MarkerCheck {
  readonly key: string
  /** The server process that the connection leads to, as the last greeting told it. */
  readonly run: string
}

export type NodeReply = Granted | Refused | Failed | Unknown

interface Answered {
  /** The node's own wall clock at the answer, milliseconds. */
  readonly clock?: number | undefined
}

export interface Granted extends Answered {
  readonly vote: 'granted'
  /** Of an `inspect`, one per key. */
  readonly sightings?: readonly Sighting[] | undefined
  /** Of a `greet` or `mark`. */
  readonly greeting?: Greeting | undefined
}

/** A definite no: nothing was written that would have to be taken back. */
export interface Refused extends Answered {
  readonly vote: 'refused'
  readonly reason: RefusalReason
  /** Milliseconds until asking again makes sense, if the node knows. */
  readonly remaining?: number | undefined
  /** Highest token granted here, with `stale`. */
  readonly counter?: number | undefined
}

/**
 * - `held` by another · `queued` free, but others came first · `stale` the token is not higher than the last
 * - `quarantined` the node lost data and stays out · `unmarked` the node has no marker of this run
 * - `gone` the value is not there and the keys are free · `taken` another has them now
 */
export type RefusalReason = 'held' | 'queued' | 'stale' | 'quarantined' | 'unmarked' | 'gone' | 'taken'

/** The node said no, or was never asked, in a way that proves that nothing was written. */
export interface Failed {
  readonly vote: 'failed'
  readonly reason: string
  /** The caller's mistake (wrong type of key, missing permission): trying again cannot help. */
  readonly misuse?: boolean | undefined
  /** The node was never asked: it was not connected, silent, or not known to have kept its data. */
  readonly unsent?: boolean | undefined
  readonly cause?: unknown
}

/** No answer, or the connection broke after sending: it may have happened. */
export interface Unknown {
  readonly vote: 'unknown'
  readonly reason: string
  /** The node did answer, with an error that proves nothing: what was sent to it before is done or never will be. */
  readonly answered?: boolean | undefined
  /** As for `Failed`, of a part of what was asked. */
  readonly misuse?: boolean | undefined
  readonly cause?: unknown
}

/** The node may have the keys with the value of the acquire that it answered so. */
export function mayHold(reply: NodeReply): boolean {
  return reply.vote === 'granted' || reply.vote === 'unknown'
}

export interface Sighting {
  readonly key: string
  readonly value: string | null
  /** Milliseconds until the key expires; `null` when it is free or never expires. */
  readonly remaining: number | null
  /** Identities of those who wait, first come first; without those who only watch. */
  readonly waiters: readonly string[]
  /** Highest token granted for the key, 0 for none. */
  readonly counter: number
}

export interface Greeting {
  /** Changes with every start of the server process; empty when the node cannot tell. */
  readonly run: string
  /** Writes survive a crash of the server, to the last one. */
  readonly durable: boolean
  readonly marker: MarkerSighting | null
}

export interface MarkerSighting {
  readonly fleet: string
  readonly run: string
  readonly longestTtl: number
  /** Highest token ever granted on the node, over all resources. */
  readonly highestToken: number
  /** Remaining quarantine in milliseconds, 0 when it is over but the node was not admitted yet; `null` for none. */
  readonly quarantine: number | null
}
