import type { Bearer, Claim } from './commands.js'

export type NodeReply = Granted | Refused | Failed | Unknown

interface Answered {
  /** The node's own wall clock at the answer, milliseconds. */
  readonly clock?: number | undefined
}

export interface Granted extends Answered {
  readonly vote: 'granted'
  /** Of an `inspect`, one per key. */
  readonly sightings?: readonly Sighting[] | undefined
  /** Of a `list`. */
  readonly listing?: Listing | undefined
  /** Of a `restore`: for how many milliseconds each key now lives. */
  readonly lives?: readonly number[] | undefined
  /** Of a `greet` or `mark`. */
  readonly greeting?: Greeting | undefined
}

/** A definite no: the node wrote nothing that would need a rollback. */
export interface Refused extends Answered {
  readonly vote: 'refused'
  readonly reason: RefusalReason
  /** Milliseconds until a retry makes sense, if the node knows. */
  readonly remaining?: number | undefined
  /** Highest token granted here, with `stale`. */
  readonly counter?: number | undefined
}

/**
 * - `held` by another value · `queued` free, but other waiters are ahead · `stale` an equal or higher token was granted
 * - `quarantined` the node lost data and is excluded · `unmarked` the node has no such marker, or it is not opened
 * - `gone` the keys do not hold the value and are free · `taken` another value holds them now
 */
export type RefusalReason = 'held' | 'queued' | 'stale' | 'quarantined' | 'unmarked' | 'gone' | 'taken'

/** The node returned an error, or no command was sent to it. Either way it has certainly written nothing. */
export interface Failed {
  readonly vote: 'failed'
  readonly reason: string
  /** A caller error (wrong key type, missing permission) that a retry cannot fix. */
  readonly misuse?: boolean | undefined
  /** No command was sent: the node was disconnected, not responding, or not known to have kept its data. */
  readonly unsent?: boolean | undefined
  /** What to do about it, if that is known: a sentence for people. */
  readonly remedy?: string | undefined
  readonly cause?: unknown
}

/** There was no answer, or the connection broke after sending. The command may have been applied. */
export interface Unknown {
  readonly vote: 'unknown'
  readonly reason: string
  /** The node did answer, with an inconclusive error. Every earlier command to it has been applied or never will be. */
  readonly answered?: boolean | undefined
  /** As in `Failed`, for a part of the request. */
  readonly misuse?: boolean | undefined
  readonly cause?: unknown
}

export function refused(reason: RefusalReason, clock: number, remaining?: number): Refused {
  return remaining === undefined
    ? { vote: 'refused', reason, clock }
    : { vote: 'refused', reason, clock, remaining }
}

/**
 * Whether, after this reply to an acquire, the node may hold the keys with the value of that acquire. A node in quarantine
 * may be given a copy of it from another node.
 */
export function mayHold(reply: NodeReply): boolean {
  return reply.vote === 'granted' || reply.vote === 'unknown' || isQuarantined(reply)
}

export function isQuarantined(reply: NodeReply): boolean {
  return reply.vote === 'refused' && reply.reason === 'quarantined'
}

export interface Sighting {
  readonly key: string
  readonly value: string | null
  /** Milliseconds until the key expires. `null` if it is free or never expires. */
  readonly remaining: number | null
  /** Ids of the waiters, in order of arrival, without waiters that only watch. */
  readonly waiters: readonly string[]
  /** Highest token granted for the key; 0 if there is none. */
  readonly counter: number
}

export interface Greeting {
  /** Changes with every start of the server process. Empty if the node does not know it. */
  readonly run: string
  /** Whether every acknowledged write survives a crash of the server. */
  readonly durable: boolean
  readonly marker: MarkerSighting | null
  /** What was planted on a node without a marker. */
  readonly planted?: PlantSighting | undefined
}

export interface PlantSighting {
  /** Another one after each loss of data. */
  readonly stamp: string
  /** The name that the first founder has for the node. */
  readonly seat: string
}

export interface MarkerSighting {
  readonly fleet: string
  readonly run: string
  /** Changes whenever the marker is written anew, so that nobody relies on what an earlier one had recorded. */
  readonly stamp: string
  readonly longestTtl: number
  /** Highest token ever granted on the node, for any resource. */
  readonly highestToken: number
  /** Until then it was founded only, and does not vote yet. */
  readonly opened: boolean
  /** The nodes of the fleet, as its founder wrote them; empty if it was founded before they were written down. */
  readonly seats: string
  /** It was emptied, and has not been admitted since: it cannot say how long the locks of the fleet last. */
  readonly forgot: boolean
  /**
   * Milliseconds left in quarantine; 0 if it is over but the node has not been admitted yet. `null` without quarantine.
   */
  readonly quarantine: number | null
  /** Whoever gives the node back what it forgot, during a quarantine. */
  readonly claim?: Claim | undefined
}

/** A page of the locks that a node stores. */
export interface Listing {
  /** Where the next page begins; `null` after the last one. */
  readonly cursor: string | null
  readonly locks: readonly ListedLock[]
}

export interface ListedLock {
  readonly key: string
  readonly value: string
  /** Milliseconds until the key expires, counted from the `clock` of the reply. */
  readonly remaining: number
  /** Of a lock that was resumed by another process; otherwise 0. */
  readonly bearer: Bearer
}
