import type { MarkCommand, MarkerCheck } from './commands.js'
import { refused, type Greeting, type MarkerSighting, type NodeReply, type Refused } from './replies.js'
import type { Marker, NodeState } from './stored.js'

export function mark(state: NodeState, command: MarkCommand, now: number): NodeReply {
  const marker = state.markers.get(command.marker)
  if (command.mode === 'found' && marker === undefined) state.markers.set(command.marker, founded(command))
  if (command.mode === 'quarantine' && marker?.run !== command.run) {
    state.markers.set(command.marker, quarantined(marker, command, now))
  }
  if (marker !== undefined && marker.quarantinedUntil !== null) {
    if (endsQuarantine(marker, marker.quarantinedUntil, command, now)) {
      marker.quarantinedUntil = null
      marker.claim = undefined
      marker.floor = Math.max(marker.floor, command.floor)
      marker.highestToken = Math.max(marker.highestToken, command.floor)
    } else if (command.mode === 'shorten' && marker.run === command.run) {
      marker.quarantinedUntil = Math.min(marker.quarantinedUntil, now + command.duration)
    } else if (command.mode === 'claim' && isSameStay(marker, command)) claim(marker, command, now)
  }
  return { vote: 'granted', clock: now, greeting: greetingOf(state, command.marker, now) }
}

function founded({ fleet, run, stamp, longestTtl, floor }: MarkCommand): Marker {
  return { fleet, run, stamp, longestTtl, highestToken: floor, floor, quarantinedUntil: null }
}

/** If data survived a restart, its own record of tokens and times counts as well as what the fleet knows. */
function quarantined(before: Marker | undefined, command: MarkCommand, now: number): Marker {
  const { fleet, run, stamp, duration } = command
  const floor = Math.max(command.floor, before?.floor ?? 0)
  return {
    fleet,
    run,
    stamp,
    longestTtl: Math.max(command.longestTtl, before?.longestTtl ?? 0),
    highestToken: Math.max(floor, before?.highestToken ?? 0),
    floor,
    quarantinedUntil: Math.max(now + duration, before?.quarantinedUntil ?? 0),
  }
}

function endsQuarantine(marker: Marker, until: number, command: MarkCommand, now: number): boolean {
  const { mode, run } = command
  if (mode === 'restored') return isSameStay(marker, command)
  return mode === 'lift' || (mode === 'admit' && marker.run === run && now >= until)
}

/** Since the node was last emptied, its marker has not been written anew. */
function isSameStay(marker: Marker, { run, stamp }: MarkCommand): boolean {
  return marker.run === run && marker.stamp === stamp
}

/** A claim that would last longer than a new one is left over from before the clock was set back. */
function claim(marker: Marker, { claim, duration }: MarkCommand, now: number): void {
  const before = marker.claim
  const isTaken = before !== undefined && now < before.until && before.until <= now + duration
  if (claim === undefined || (isTaken && before.by !== claim.by)) return
  marker.claim = { ...claim, until: now + duration }
}

export function greetingOf(state: NodeState, markerKey: string | undefined, now: number): Greeting {
  const marker = markerKey === undefined ? undefined : state.markers.get(markerKey)
  return {
    run: state.run,
    durable: state.durable,
    marker: marker === undefined ? null : sightingOf(marker, now),
  }
}

function sightingOf(marker: Marker, now: number): MarkerSighting {
  const { fleet, run, stamp, longestTtl, highestToken, quarantinedUntil, claim } = marker
  const quarantine = quarantinedUntil === null ? null : Math.max(0, quarantinedUntil - now)
  const sighting = { fleet, run, stamp, longestTtl, highestToken, quarantine }
  if (claim === undefined || now >= claim.until) return sighting
  return { ...sighting, claim: { by: claim.by, progress: claim.progress } }
}

export function barredByMarker(
  state: NodeState,
  check: MarkerCheck | undefined,
  now: number,
): Refused | undefined {
  if (check === undefined) return undefined
  if (state.markers.get(check.key)?.stamp !== check.stamp) return refused('unmarked', now)
  return quarantineOf(state, check, now)
}

/** Whatever marker the client knows. */
export function quarantineOf(
  state: NodeState,
  check: MarkerCheck | undefined,
  now: number,
): Refused | undefined {
  const until = check === undefined ? undefined : state.markers.get(check.key)?.quarantinedUntil
  return until === undefined || until === null
    ? undefined
    : refused('quarantined', now, Math.max(0, until - now))
}

export function noteInMarker(
  state: NodeState,
  check: MarkerCheck | undefined,
  ttl: number,
  token: number,
): void {
  const marker = check === undefined ? undefined : state.markers.get(check.key)
  if (check === undefined || marker === undefined) return
  // Another marker than the client knows may have recorded less.
  const isRecorded = marker.stamp === check.stamp && ttl <= check.longestTtl
  if (!isRecorded) marker.longestTtl = Math.max(marker.longestTtl, ttl)
  marker.highestToken = Math.max(marker.highestToken, token)
}
