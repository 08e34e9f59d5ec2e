import {
  TOMBSTONE,
  type Bearer,
  type Copy,
  type ListCommand,
  type RestoreCommand,
  type TidyCommand,
} from './commands.js'
import { liveLock } from './live-lock.js'
import { barredByMarker } from './marker-state.js'
import type { NodeState } from './stored.js'
import { refused, type ListedLock, type NodeReply } from './replies.js'

/** Servers read their clocks more than once in a command, milliseconds. */
const SAME_TIME = 2

/** In the order of the keys, so that a page can begin where the one before it ended, whatever was deleted since. */
export function list(state: NodeState, command: ListCommand, now: number): NodeReply {
  const { prefix, cursor, count, marker } = command
  const barred = barredByMarker(state, marker, now)
  if (barred !== undefined) return barred
  const keys = [...state.locks.keys()]
    .filter((key) => key.startsWith(prefix) && (cursor === null || key > cursor))
    .sort()
  const page = keys.slice(0, count)
  const locks = page.flatMap((key) => listed(state, key, now))
  return {
    vote: 'granted',
    clock: now,
    listing: { cursor: keys.length > page.length ? (page.at(-1) as string) : null, locks },
  }
}

function listed(state: NodeState, key: string, now: number): ListedLock[] {
  const lock = liveLock(state, key, now)
  if (lock === undefined) return []
  const bearer = bearerOf(state, key, lock.value, now)
  return [{ key, value: lock.value, remaining: lock.expiresAt - now, bearer }]
}

function bearerOf(state: NodeState, key: string, value: string, now: number): Bearer {
  const borne = state.bearers.get(key)
  return borne?.value === value && now <= borne.expiresAt ? borne.bearer : 0
}

export function restore(state: NodeState, { copies, marker: check }: RestoreCommand, now: number): NodeReply {
  const marker = state.markers.get(check.key)
  if (marker?.stamp !== check.stamp || marker.quarantinedUntil === null) return refused('unmarked', now)
  return { vote: 'granted', clock: now, lives: copies.map((copy) => giveBack(state, copy, now)) }
}

/** For how long the key lives then. */
function giveBack(state: NodeState, { key, value, ttl, bearer }: Copy, now: number): number {
  const before = liveLock(state, key, now)
  const expiresAt = Math.max(before?.expiresAt ?? 0, now + ttl)
  // Left as it is, another value may be one from a snapshot or of a repair that its owner releases a moment later.
  const stays = before === undefined || before.value === value ? value : TOMBSTONE
  state.locks.set(key, { value: stays, expiresAt })
  if (bearer > 0 && stays === value) {
    const known = bearerOf(state, key, value, now)
    state.bearers.set(key, { value, bearer: Math.max(known, bearer), expiresAt })
  }
  return expiresAt - now
}

/** Returns the keys that are free now as well. */
export function tidy(
  state: NodeState,
  { copies, marker }: TidyCommand,
  now: number,
): { readonly reply: NodeReply; readonly freed: readonly string[] } {
  const barred = barredByMarker(state, marker, now)
  if (barred !== undefined) return { reply: barred, freed: [] }
  const unused = copies.filter(({ key, value, expiresAt }) => {
    const lock = liveLock(state, key, now)
    return lock?.value === value && Math.abs(lock.expiresAt - expiresAt) <= SAME_TIME
  })
  for (const { key } of unused) state.locks.delete(key)
  return { reply: { vote: 'granted', clock: now }, freed: unused.map(({ key }) => key) }
}
