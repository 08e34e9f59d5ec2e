import { describeQuarantine, progressOf, type Admission } from './quorum/admission.js'
import type { Member } from './quorum/member.js'
import type { Quorum } from './quorum/quorum.js'

export type NodeState = 'up' | 'down' | 'suspect' | 'quarantined' | 'restoring' | 'new'

export interface NodeHealth {
  readonly name: string
  /**
   * `suspect`: connected, but it does not respond or cannot vote, for the `reason` given. `quarantined`: it has lost
   * data and stays out of quorums for a while. `restoring`: it is being given back what it forgot, and votes again within
   * seconds. `new`: its fleet has not been founded, because nodes that might remember it cannot be asked.
   */
  readonly state: NodeState
  /** Why the node is not asked for locks now, in the server's own words where it refuses. Absent when it is asked. */
  readonly reason?: string | undefined
  /** Milliseconds, smoothed; absent before the first answer. */
  readonly roundTrip?: number | undefined
  readonly lastError?: string | undefined
  /** The last jump of the node's clock against that of this machine, milliseconds. */
  readonly clockStep?: number | undefined
  /** Milliseconds until the quarantine ends by itself. */
  readonly quarantine?: number | undefined
  /** How far the node is restored, from 0 to 1. */
  readonly restoring?: number | undefined
  /** Whether this client can detect that the node has lost its data. */
  readonly guarded: boolean
  /** Releases that the node has not acknowledged yet. */
  readonly pendingReleases: number
  /** @deprecated Renamed to `pendingReleases`. */
  readonly owed: number
  /** Commands that the node has not answered yet. */
  readonly pending: number
}

export function healthOf({ clock, members }: Quorum, guarded: boolean): NodeHealth[] {
  const now = clock.monotonic()
  return members.map((member) => {
    const { name, admission, obstacle, roundTrip, lastError, lastClockStep, pendingReleases, pending } =
      member
    const reason = (obstacle ?? admission.obstacle)?.reason ?? describeQuarantine(admission)
    return {
      name,
      state: stateOf(member),
      ...(reason === undefined ? {} : { reason }),
      ...(roundTrip === undefined ? {} : { roundTrip }),
      ...(lastError === undefined ? {} : { lastError }),
      ...(lastClockStep === undefined ? {} : { clockStep: lastClockStep }),
      ...quarantineIn(admission, now),
      guarded,
      pendingReleases,
      owed: pendingReleases,
      pending,
    }
  })
}

function stateOf({ node, suspectSince, admission }: Member): NodeState {
  if (!node.connected) return 'down'
  if (suspectSince !== undefined || admission.state === 'excluded') return 'suspect'
  // Whoever waits until a restarted node is up must not take it for that before it was asked.
  if (admission.state === 'unchecked') return 'suspect'
  if (admission.state === 'admitted') return 'up'
  if (admission.state === 'new') return 'new'
  return progressOf(admission) === undefined ? 'quarantined' : 'restoring'
}

function quarantineIn(admission: Admission, now: number): Pick<NodeHealth, 'quarantine' | 'restoring'> {
  const { quarantinedUntil } = admission
  if (quarantinedUntil === undefined) return {}
  const restoring = progressOf(admission)
  return {
    quarantine: Math.max(0, quarantinedUntil - now),
    ...(restoring === undefined ? {} : { restoring }),
  }
}
