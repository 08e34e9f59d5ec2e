import type { Bearer, Claim } from './commands.js'

/** What a node stores. */
export interface NodeState {
  /** Identity of the server process; a restart changes it. */
  run: string
  durable: boolean
  readonly locks: Map<string, Held>
  readonly queues: Map<string, Place[]>
  readonly counters: Map<string, Counter>
  readonly bearers: Map<string, Borne>
  readonly markers: Map<string, Marker>
  /** Of nodes without a marker, by its key. */
  readonly plants: Map<string, Plant>
  /** Commands until the next sweep of expired entries, which keeps memory proportional to live entries. */
  untilSweep: number
}

export interface Held {
  value: string
  expiresAt: number
}

/** A waiter in the queue of one key, sorted by `at`, then `id`. A waiter that only watches has an infinite `at`. */
export interface Place {
  readonly id: string
  readonly at: number
  deadline: number
}

interface Counter {
  token: number
  expiresAt: number
}

/** The process that has resumed the lock on a key. */
export interface Borne {
  value: string
  bearer: Bearer
  expiresAt: number
}

/** What a node knows of its fleet, and whether it kept its data ("Nodes that lost their data"). */
export interface Marker {
  fleet: string
  run: string
  stamp: string
  longestTtl: number
  highestToken: number
  floor: number
  /** Until then it was founded only, and does not vote yet. */
  opened: boolean
  /** The nodes of the fleet, as its founder wrote them; empty if it was founded before they were written down. */
  seats: string
  /** It was emptied, and has not been admitted since: it cannot say how long the locks of the fleet last. */
  forgot: boolean
  quarantinedUntil: number | null
  claim?: (Claim & { readonly until: number }) | undefined
}

/** Tells whether a node without a marker was emptied between two looks of a founder ("Founding"). */
interface Plant {
  readonly stamp: string
  readonly seat: string
  readonly until: number
}
