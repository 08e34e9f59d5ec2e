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
