export type NodeCommand =
  | AcquireCommand
  | ExtendCommand
  | RepairCommand
  | ReleaseCommand
  | ForceCommand
  | InspectCommand
  | GreetCommand
  | MarkCommand
  | ListCommand
  | RestoreCommand
  | TidyCommand

interface KeyedCommand {
  /** Lock keys with their prefix, sorted and without duplicates. The command applies to all of them or to none. */
  readonly keys: readonly string[]
}

/** Takes all keys if they are free, no earlier waiter is queued, and the token is higher than every earlier one. */
export interface AcquireCommand extends KeyedCommand {
  readonly kind: 'acquire'
  readonly value: string
  /** Milliseconds. */
  readonly ttl: number
  /** `ignore`: skip the queue. `respect`: refused while waiters are queued. A waiter: queued when refused. */
  readonly queue: 'ignore' | 'respect' | Waiter
  readonly fence?: Fence | undefined
  readonly marker?: MarkerCheck | undefined
}

/** Extends the TTL of all keys, if every one of them holds the value. */
export interface ExtendCommand extends KeyedCommand {
  readonly kind: 'extend'
  readonly value: string
  readonly ttl: number
  /** The node remembers the highest bearer until the keys expire, and refuses lower ones as `taken`. */
  readonly bearer?: Bearer | undefined
  readonly marker?: MarkerCheck | undefined
}

/** Writes the keys again for an owner that a majority has just confirmed. */
export interface RepairCommand extends KeyedCommand {
  readonly kind: 'repair'
  readonly value: string
  readonly ttl: number
  readonly fence?: Fence | undefined
  readonly marker?: MarkerCheck | undefined
}

/**
 * Deletes the keys that hold the value. Each key that is then free is handed to its next waiter, or wakes that waiter.
 */
export interface ReleaseCommand extends KeyedCommand {
  readonly kind: 'release'
  /** Also the id of a waiter, which gives up its place and any lock that was handed to it. */
  readonly value: string
  /** A waiter that keeps its place in the queue although it releases what this node had granted. */
  readonly requeue?: Waiter | undefined
  /** If the node knows a higher bearer, it releases nothing and answers `taken`. */
  readonly bearer?: Bearer | undefined
  /** Without it the node only wakes the next waiter and never hands it the lock. */
  readonly marker?: MarkerCheck | undefined
}

/**
 * Which of the successive processes of one lock sends the command: 0 is the process that acquired it, 1 the process
 * that resumed it from there, and so on. Absent for a lock that never left its process.
 */
export type Bearer = number

/** Deletes the keys regardless of their holder. For operators. */
export interface ForceCommand extends KeyedCommand {
  readonly kind: 'force'
}

export interface InspectCommand extends KeyedCommand {
  readonly kind: 'inspect'
  /** Woken once the keys are free and no waiter is queued. Its `at` is `Infinity`, so it never delays a waiter. */
  readonly watch?: Waiter | undefined
}

/**
 * Requests the identity of the server and the marker of this fleet. Also the probe of a node that stopped responding.
 */
export interface GreetCommand {
  readonly kind: 'greet'
  /** Key of the marker. Without it only the answer itself counts. */
  readonly marker?: string | undefined
}

/** Writes the marker of a fleet. The node checks the condition of each mode, so clients cannot race. */
export interface MarkCommand {
  readonly kind: 'mark'
  readonly marker: string
  /**
   * - `plant` writes for a while what a founder recognizes the node by: only if there is neither that nor a marker
   * - `found` writes the marker of a new fleet: only if there is none and this stamp is planted, or one with this stamp
   *   that was not opened and has the seats that this one replaces
   * - `open` lets a founded node vote, with these seats: only if its marker has this stamp and the seats that they replace
   * - `quarantine` excludes a node that lost data: only if there is no opened marker of this run, and none
   *   with these seats; or one with the stamp that this one replaces, because another server has taken its seat
   * - `seats` tells a node who holds which seat: only if its marker has this stamp and the seats that these replace
   * - `admit` ends a quarantine: only after its time has passed
   * - `claim` announces the client that restores the node: only in the quarantine with this stamp, and unless another
   *   client has announced itself
   * - `restored` ends a quarantine at once, because the node was given back what it forgot: only the one with this stamp
   * - `shorten` limits a quarantine that became too long because the node's clock was set back: only if it is longer
   * - `lift` ends a quarantine at once, on an operator's request
   *
   * Where one of the last three names a `next` stamp, it ends only the quarantine with this `stamp`.
   */
  readonly mode:
    | 'plant'
    | 'found'
    | 'open'
    | 'seats'
    | 'quarantine'
    | 'admit'
    | 'claim'
    | 'restored'
    | 'shorten'
    | 'lift'
  readonly fleet: string
  readonly run: string
  /**
   * What the node will be known by, if this command plants it or writes its marker anew: a value never used before.
   * Otherwise what it is known by.
   */
  readonly stamp: string
  /** Longest TTL granted in the fleet so far, in milliseconds. */
  readonly longestTtl: number
  /** The node must not grant any token up to and including this one. */
  readonly floor: number
  /**
   * How long the node is excluded from now on, or what is planted or claimed lasts, in milliseconds. Only for
   * `quarantine`, `shorten`, `plant` and `claim`.
   */
  readonly duration: number
  /** The name of the node, for those who found the fleet. Only for `plant`. */
  readonly seat?: string | undefined
  /** Who holds the seats of the fleet. For `found`, `open`, `seats` and `quarantine`, and where `next` is given. */
  readonly seats?: string | undefined
  /**
   * What the marker had when it was looked at: its seats, and for `quarantine` its stamp; absent if there was no marker.
   * Only for these, `found`, `open` and `seats`.
   */
  readonly replaced?: string | undefined
  /** What the node is known by from now on. Only for `seats`, `admit`, `restored` and `lift`. */
  readonly next?: string | undefined
  /** Only for `claim`. */
  readonly claim?: Claim | undefined
}

export interface Claim {
  /** The client that restores the node. */
  readonly by: string
  /** How far it is, from 0 to 1. */
  readonly progress: number
}

/** Lists the locks that the node stores, a page at a time, for a node that forgot them ("Restoring"). */
export interface ListCommand {
  readonly kind: 'list'
  /** What every lock key of the fleet begins with. */
  readonly prefix: string
  /** `null` begins. Every lock that is there from the first page to the last is listed at least once. */
  readonly cursor: string | null
  /** About how many keys a page looks at. */
  readonly count: number
  readonly marker: MarkerCheck
}

/** Gives a node in quarantine back what it forgot. Only in the quarantine with this stamp. */
export interface RestoreCommand {
  readonly kind: 'restore'
  readonly copies: readonly Copy[]
  readonly marker: MarkerCheck
}

/** What an emptied node must store: a lock, or a tombstone. */
export interface Copy {
  readonly key: string
  readonly value: string
  readonly ttl: number
  readonly bearer: Bearer
}

/**
 * A value that nobody can hold, under keys on which the other nodes differ: one of two values may be a leftover, and
 * nobody can tell which.
 */
export const TOMBSTONE = '#tombstone'

/** Deletes copies of locks that were released while the copies were on their way, if nobody has used them since. */
export interface TidyCommand {
  readonly kind: 'tidy'
  readonly copies: readonly {
    readonly key: string
    readonly value: string
    /** By the node's clock, as it was when the copy was written. */
    readonly expiresAt: number
  }[]
  readonly marker: MarkerCheck
}

/** In milliseconds. A node replaces the `at` of a waiter that differs from the node's own clock by more than this. */
export const CLOCK_TOLERANCE = 1_000

/**
 * A place in the queue of every key, identical on all nodes so that their queues agree. In an acquire the id is the
 * value.
 */
export interface Waiter {
  /**
   * `<channel>#<number>`, where the channel belongs to the client (see `channelOf`). A suffix `@<milliseconds>` means
   * that the client listens (see `listens`), and that a node may hand the lock to the waiter for this long when its
   * turn comes (see `longestHandOver`).
   */
  readonly id: string
  /** Epoch milliseconds at which the wait began, by the client's clock. `Infinity` for a waiter that only watches. */
  readonly at: number
  /** Milliseconds waited so far by a monotonic clock. A node uses it to check whether `at` is plausible. */
  readonly age: number
  /** The place expires if it is not renewed for this many milliseconds. */
  readonly life: number
}

export interface Fence {
  readonly token: number
  /** Milliseconds for which the counter outlives the grant. */
  readonly retention: number
}

export interface MarkerCheck {
  readonly key: string
  /** As reported by the last greeting; the node votes only if its marker still has it. */
  readonly stamp: string
  /** The marker has recorded at least this TTL, milliseconds, so the node notes only longer ones. */
  readonly longestTtl: number
}
