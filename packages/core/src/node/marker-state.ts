import type { MarkCommand, MarkerCheck } from './commands.js'
import {
  refused,
  type Greeting,
  type MarkerSighting,
  type NodeReply,
  type PlantSighting,
  type Refused,
} from './replies.js'
import type { Marker, NodeState } from './stored.js'

export function mark(state: NodeState, command: MarkCommand, now: number): NodeReply {
  const marker = state.markers.get(command.marker)
  if (command.mode === 'plant' && marker === undefined) plant(state, command, now)
  else if (command.mode === 'found' && isAsFounderSaw(state, marker, command, now)) {
    write(state, command, founded(marker, command))
  } else if (command.mode === 'open' && marker !== undefined && isUnopened(marker, command)) {
    Object.assign(marker, { fleet: command.fleet, seats: command.seats ?? '', opened: true })
  } else if (command.mode === 'quarantine' && !isKept(marker, command)) {
    write(state, command, quarantined(marker, command, now))
  } else if (command.mode === 'seats' && marker?.opened === true && isAsSeen(marker, command)) {
    seat(marker, command)
  } else if (marker !== undefined && marker.quarantinedUntil !== null) {
    markInQuarantine(marker, marker.quarantinedUntil, command, now)
  }
  return { vote: 'granted', clock: now, greeting: greetingOf(state, command.marker, now) }
}

/** What is planted already stays. */
function plant(state: NodeState, { marker, stamp, seat = '', duration }: MarkCommand, now: number): void {
  if (plantIn(state, marker, now) !== undefined) return
  state.plants.set(marker, { stamp, seat, until: now + duration })
}

function plantIn(state: NodeState, markerKey: string, now: number): PlantSighting | undefined {
  const planted = state.plants.get(markerKey)
  if (planted === undefined || now > planted.until) return undefined
  return { stamp: planted.stamp, seat: planted.seat }
}

/** The node was not emptied between the first look of the founder and the order, and nobody has opened it. */
function isAsFounderSaw(
  state: NodeState,
  marker: Marker | undefined,
  command: MarkCommand,
  now: number,
): boolean {
  if (marker === undefined) return plantIn(state, command.marker, now)?.stamp === command.stamp
  return isUnopened(marker, command)
}

function isUnopened(marker: Marker, command: MarkCommand): boolean {
  return !marker.opened && isAsSeen(marker, command)
}

function isAsSeen(marker: Marker, { stamp, replaced = '' }: MarkCommand): boolean {
  return marker.stamp === stamp && marker.seats === replaced
}

/** Whoever relied on other seats is refused from now on. */
function seat(marker: Marker, { next, seats = '' }: MarkCommand): void {
  if (next !== undefined) Object.assign(marker, { stamp: next, seats })
}

function write(state: NodeState, { marker: key }: MarkCommand, marker: Marker): void {
  state.plants.delete(key)
  state.markers.set(key, marker)
}

function founded(before: Marker | undefined, command: MarkCommand): Marker {
  const { fleet, run, stamp, longestTtl, seats = '' } = command
  const floor = Math.max(command.floor, before?.floor ?? 0)
  return {
    fleet,
    run,
    stamp,
    longestTtl: Math.max(longestTtl, before?.longestTtl ?? 0),
    highestToken: Math.max(floor, before?.highestToken ?? 0),
    floor,
    opened: false,
    seats,
    forgot: false,
    quarantinedUntil: null,
  }
}

/** If data survived a restart, its own record of tokens and times counts as well as what the fleet knows. */
function quarantined(before: Marker | undefined, command: MarkCommand, now: number): Marker {
  const isNew = before?.opened !== true
  return {
    ...founded(before, command),
    opened: true,
    forgot: isNew || before.forgot || before.stamp === command.replaced,
    quarantinedUntil: Math.max(now + command.duration, before?.quarantinedUntil ?? 0),
  }
}

/** It has a marker of this run, and votes, or will be opened by those who do; and nobody has taken its seat. */
function isKept(marker: Marker | undefined, { run, seats = '', replaced }: MarkCommand): boolean {
  if (marker?.run !== run) return false
  return marker.opened ? marker.stamp !== replaced : marker.seats === seats
}

function markInQuarantine(marker: Marker, until: number, command: MarkCommand, now: number): void {
  if (endsQuarantine(marker, until, command, now)) {
    marker.quarantinedUntil = null
    marker.claim = undefined
    marker.forgot = false
    marker.longestTtl = Math.max(marker.longestTtl, command.longestTtl)
    marker.floor = Math.max(marker.floor, command.floor)
    marker.highestToken = Math.max(marker.highestToken, command.floor)
    seat(marker, command)
  } else if (command.mode === 'shorten' && marker.run === command.run) {
    marker.quarantinedUntil = Math.min(until, now + command.duration)
  } else if (command.mode === 'claim' && isSameStay(marker, command)) claim(marker, command, now)
}

function endsQuarantine(marker: Marker, until: number, command: MarkCommand, now: number): boolean {
  const { mode, run, stamp, next } = command
  if (mode === 'restored') return isSameStay(marker, command)
  if (next !== undefined && marker.stamp !== stamp) return false
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
  const { run, durable } = state
  const marker = markerKey === undefined ? undefined : state.markers.get(markerKey)
  if (marker !== undefined) return { run, durable, marker: sightingOf(marker, now) }
  const planted = markerKey === undefined ? undefined : plantIn(state, markerKey, now)
  return planted === undefined ? { run, durable, marker: null } : { run, durable, marker: null, planted }
}

function sightingOf(marker: Marker, now: number): MarkerSighting {
  const { fleet, run, stamp, longestTtl, highestToken, opened, seats, forgot, quarantinedUntil, claim } =
    marker
  const quarantine = quarantinedUntil === null ? null : Math.max(0, quarantinedUntil - now)
  const sighting = { fleet, run, stamp, longestTtl, highestToken, opened, seats, forgot, quarantine }
  if (claim === undefined || now >= claim.until) return sighting
  return { ...sighting, claim: { by: claim.by, progress: claim.progress } }
}

export function barredByMarker(
  state: NodeState,
  check: MarkerCheck | undefined,
  now: number,
): Refused | undefined {
  if (check === undefined) return undefined
  const marker = state.markers.get(check.key)
  if (marker?.stamp !== check.stamp || !marker.opened) return refused('unmarked', now)
  const until = marker.quarantinedUntil
  return until === null ? undefined : refused('quarantined', now, Math.max(0, until - now))
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
