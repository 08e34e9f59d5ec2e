import type { MarkerCheck } from '../node/commands.js'
import type { Failed } from '../node/replies.js'

/**
 * Whether a member may vote, as far as this client knows. The marker and the end of a quarantine are kept while the
 * member is checked again, since releases still carry the one and `health()` shows the other.
 */
export type Admission = Admitted | Quarantined | Unchecked | Excluded

interface Admitted {
  readonly state: 'admitted'
  /** `undefined` where there is no guard. */
  readonly marker: MarkerCheck | undefined
  readonly quarantinedUntil: undefined
  readonly obstacle: undefined
}

/** It lost its data. It refuses on its own until the quarantine is over, so it is asked like any other. */
interface Quarantined {
  readonly state: 'quarantined'
  readonly marker: MarkerCheck
  /** Monotonic time of this client. */
  readonly quarantinedUntil: number
  readonly obstacle: undefined
}

interface Unsendable {
  readonly marker: MarkerCheck | undefined
  readonly quarantinedUntil: number | undefined
  /** The reply to an acquire in place of the node's, which is not asked. */
  readonly obstacle: Failed
}

interface Unchecked extends Unsendable {
  readonly state: 'unchecked'
}

/** It was asked, and cannot vote for now. */
interface Excluded extends Unsendable {
  readonly state: 'excluded'
}

export const UNGUARDED: Admission = {
  state: 'admitted',
  marker: undefined,
  quarantinedUntil: undefined,
  obstacle: undefined,
}

const UNCHECKED: Failed = unsent('its marker has not been verified yet')

/** The guard does not know yet whether the member may vote. */
export function unchecked({ marker, quarantinedUntil }: Admission): Admission {
  return { state: 'unchecked', marker, quarantinedUntil, obstacle: UNCHECKED }
}

export function excluded({ marker, quarantinedUntil }: Admission, obstacle: Failed): Admission {
  return { state: 'excluded', marker, quarantinedUntil, obstacle }
}

/** The member's marker is valid. `quarantinedUntil` while it is excluded nevertheless. */
export function marked(marker: MarkerCheck, quarantinedUntil: number | undefined): Admission {
  return quarantinedUntil === undefined
    ? { state: 'admitted', marker, quarantinedUntil, obstacle: undefined }
    : { state: 'quarantined', marker, quarantinedUntil, obstacle: undefined }
}

/** The member's marker has recorded a TTL that this client did not know to be recorded. */
export function recorded(admission: Admission, { stamp }: MarkerCheck, longestTtl: number): Admission {
  const { marker } = admission
  if (marker?.stamp !== stamp || longestTtl <= marker.longestTtl) return admission
  return { ...admission, marker: { ...marker, longestTtl } }
}

/** A quarantine that does not end before `until`; no other admission changes. */
export function prolonged(admission: Admission, until: number): Admission {
  if (admission.state === 'admitted' || admission.quarantinedUntil === undefined) return admission
  return { ...admission, quarantinedUntil: Math.max(admission.quarantinedUntil, until) }
}

/** The vote of a node that was not asked. */
export function unsent(reason: string): Failed {
  return { vote: 'failed', reason, unsent: true }
}
