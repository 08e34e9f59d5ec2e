import type { Failed } from './node/lock-node.js'
import { UNCHECKED } from './quorum/member.js'
import type { Quorum } from './quorum/quorum.js'

export type NodeState = 'up' | 'down' | 'suspect' | 'quarantined'

export interface NodeHealth {
  readonly name: string
  /**
   * `suspect`: connected, but it does not answer or cannot vote, for the `reason` given. `quarantined`: it has lost data
   * and stays out of quorums for a while.
   */
  readonly state: NodeState
  /** Why no lock is asked of it now: the server's own words where it refuses. Absent when it is asked. */
  readonly reason?: string | undefined
  /** Milliseconds, smoothed; absent before the first answer. */
  readonly roundTrip?: number | undefined
  readonly lastError?: string | undefined
  /** The last jump of the node's clock against ours, milliseconds. */
  readonly clockStep?: number | undefined
  /** Milliseconds until the quarantine ends. */
  readonly quarantine?: number | undefined
  /** Whether this client can tell when the node has lost its data. */
  readonly guarded: boolean
  /** Releases that the node has not acknowledged yet. */
  readonly owed: number
  /** Commands that the node has not answered yet. */
  readonly pending: number
}

export function healthOf({ clock, members }: Quorum, guarded: boolean): NodeHealth[] {
  const now = clock.monotonic()
  return members.map((member) => {
    const { name, obstacle, barred, roundTrip, lastError, lastClockStep, quarantinedUntil, owed, pending } =
      member
    const reason = (obstacle ?? barred)?.reason
    let state: NodeState = 'up'
    if (!member.node.connected) state = 'down'
    else if (member.suspectSince !== undefined || isRefused(barred)) state = 'suspect'
    else if (quarantinedUntil !== undefined) state = 'quarantined'
    return {
      name,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(roundTrip === undefined ? {} : { roundTrip }),
      ...(lastError === undefined ? {} : { lastError }),
      ...(lastClockStep === undefined ? {} : { clockStep: lastClockStep }),
      ...(quarantinedUntil === undefined ? {} : { quarantine: Math.max(0, quarantinedUntil - now) }),
      guarded,
      owed,
      pending,
    }
  })
}

/** Kept out for something that was found, not because nothing was looked at yet. */
function isRefused(barred: Failed | undefined): boolean {
  return barred !== undefined && barred !== UNCHECKED
}
