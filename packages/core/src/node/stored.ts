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
  quarantinedUntil: number | null
  claim?: (Claim & { readonly until: number }) | undefined
}
