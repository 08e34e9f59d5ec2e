import { channel, tracingChannel, type Channel, type TracingChannel } from 'node:diagnostics_channel'
import type { ErrorCode, LockLostError, LossReason, NodeVote } from '../errors.js'
import type { ReleaseOutcome } from '../lease.js'

/**
 * Names of the channels of `node:diagnostics_channel`. `acquire`, `extend` and `release` are tracing channels
 * (`tracingChannel(name)`), the others are plain channels (`subscribe(name, …)`). Payloads are only built while there
 * are subscribers, and never contain the value of a lock.
 */
export const CHANNELS = {
  acquire: 'quorumlock:acquire',
  extend: 'quorumlock:extend',
  release: 'quorumlock:release',
  lost: 'quorumlock:lost',
  detach: 'quorumlock:detach',
  node: 'quorumlock:node',
} as const

/** The payload of each channel. In tracing channels the outcome is set from `asyncEnd` on. */
export interface ChannelPayloads {
  'quorumlock:acquire': AcquireTrace
  'quorumlock:extend': ExtendTrace
  'quorumlock:release': ReleaseTrace
  'quorumlock:lost': LostEvent
  'quorumlock:detach': DetachEvent
  'quorumlock:node': NodeEvent
}

/** `aborted` by the caller's signal; `failed` with an error that does not come from this library. */
export type AcquireOutcome = 'acquired' | 'aborted' | 'failed' | Lowercase<ErrorCode>

export interface AcquireTrace {
  readonly resources: readonly string[]
  /** Whether the caller waits for the lock or tries once. */
  readonly mode: 'wait' | 'try'
  readonly label?: string | undefined
  outcome?: AcquireOutcome
  /** Milliseconds, waiting included. */
  duration?: number
  /** Set once a lock is granted: its number in this process, identical in all events about it. */
  hold?: number
  votes?: readonly NodeVote[]
}

export interface ExtendTrace {
  readonly resources: readonly string[]
  readonly hold: number
  /** Milliseconds. */
  readonly ttl: number
  readonly by: 'caller' | 'renewal'
  outcome?: 'renewed' | 'lost' | 'inconclusive'
  duration?: number
  votes?: readonly NodeVote[]
}

export interface ReleaseTrace {
  readonly resources: readonly string[]
  readonly hold: number
  /** Milliseconds. */
  readonly heldFor: number
  outcome?: ReleaseOutcome
  duration?: number
}

export interface LostEvent {
  readonly resources: readonly string[]
  readonly hold: number
  readonly heldFor: number
  readonly reason: LossReason
  readonly error: LockLostError
}

/** The holder leaves the lock to expire. */
export interface DetachEvent {
  readonly resources: readonly string[]
  readonly hold: number
  readonly heldFor: number
  /** Milliseconds until it expires. */
  readonly remaining: number
}

/**
 * - `silent` the node stopped responding in time · `answering` it is responding again
 * - `quarantined` it lost data and is excluded · `restoring` a client has begun to give it back what it forgot
 * - `restored` this client has given it back · `admitted` it may vote again
 * - `replaced` another server has taken its place in the fleet, and this client is not connected to that one
 */
export type NodeChange =
  | 'connected'
  | 'disconnected'
  | 'silent'
  | 'answering'
  | 'clock-stepped'
  | 'quarantined'
  | 'restoring'
  | 'restored'
  | 'admitted'
  | 'replaced'

export interface NodeEvent {
  readonly node: string
  readonly change: NodeChange
  /** Milliseconds; only for `clock-stepped`. */
  readonly step?: number | undefined
  /** How many locks the node was given back, and in how many milliseconds; only for `restored`. */
  readonly locks?: number | undefined
  readonly duration?: number | undefined
}

export const acquireChannel: TracingChannel<unknown, AcquireTrace> = tracingChannel(CHANNELS.acquire)
export const extendChannel: TracingChannel<unknown, ExtendTrace> = tracingChannel(CHANNELS.extend)
export const releaseChannel: TracingChannel<unknown, ReleaseTrace> = tracingChannel(CHANNELS.release)
export const lostChannel: Channel<unknown, LostEvent> = plain(CHANNELS.lost)
export const detachChannel: Channel<unknown, DetachEvent> = plain(CHANNELS.detach)
export const nodeChannel: Channel<unknown, NodeEvent> = plain(CHANNELS.node)

function plain<Name extends 'quorumlock:lost' | 'quorumlock:detach' | 'quorumlock:node'>(
  name: Name,
): Channel<unknown, ChannelPayloads[Name]> {
  return channel(name) as Channel<unknown, ChannelPayloads[Name]>
}
