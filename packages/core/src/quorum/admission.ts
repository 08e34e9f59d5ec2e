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
  /** Monotonic time of this client: when it would be over if nobody gave the node back what it forgot. */
  readonly quarantinedUntil: number
  readonly obstacle: undefined
  /** How far the node is restored, from 0 to 1; `undefined` while nobody does it. */
  readonly restoring?: number | undefined
  /** Why it cannot be restored now. */
  readonly hindrance?: string | undefined
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

/** It was asked, and cannot vote for now; if it is `new`, because its fleet has not been founded. */
interface Excluded extends Unsendable {
  readonly state: 'excluded' | 'new'
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

/** It may know of other servers than the rest, so nothing that counts is sent to it before it knows the same. */
export function unseated({ quarantinedUntil, obstacle = UNCHECKED }: Admission): Admission {
  return { state: 'unchecked', marker: undefined, quarantinedUntil, obstacle }
}

export function excluded({ marker, quarantinedUntil }: Admission, obstacle: Failed): Admission {
  return { state: 'excluded', marker, quarantinedUntil, obstacle }
}

export function unfounded({ marker, quarantinedUntil }: Admission, obstacle: Failed): Admission {
  return { state: 'new', marker, quarantinedUntil, obstacle }
}

/** The member's marker is valid. */
export function marked(marker: MarkerCheck): Admission {
  return { state: 'admitted', marker, quarantinedUntil: undefined, obstacle: undefined }
}

/** The member's marker is valid, but it stays out for now. */
export function quarantined(
  before: Admission,
  marker: MarkerCheck,
  quarantinedUntil: number,
  restoring: number | undefined,
): Admission {
  const isSame = before.state === 'quarantined' && before.marker.stamp === marker.stamp
  const hindrance = isSame && restoring === undefined ? before.hindrance : undefined
  return { state: 'quarantined', marker, quarantinedUntil, obstacle: undefined, restoring, hindrance }
}

/** How far the member is restored, from 0 to 1; `undefined` while nobody does it. */
export function progressOf(admission: Admission): number | undefined {
  return admission.state === 'quarantined' ? admission.restoring : undefined
}

export function hindered(admission: Admission, hindrance: string): Admission {
  return admission.state === 'quarantined' ? { ...admission, restoring: undefined, hindrance } : admission
}

/** What keeps a node in quarantine out, for people. */
export function describeQuarantine(admission: Admission): string | undefined {
  if (admission.state !== 'quarantined') return undefined
  const { restoring, hindrance } = admission
  if (restoring !== undefined)
    return `it lost its data, and is being restored: ${Math.floor(restoring * 100)} % done`
  return hindrance === undefined ? undefined : `it lost its data, and is not restored yet: ${hindrance}`
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
export function unsent(reason: string, remedy?: string): Failed {
  return { vote: 'failed', reason, unsent: true, ...(remedy !== undefined && { remedy }) }
}
