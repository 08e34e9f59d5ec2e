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
