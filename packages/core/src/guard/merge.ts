import { TOMBSTONE, type Copy } from '../node/commands.js'
import type { ListedLock } from '../node/replies.js'

/** The locks of one witness by their keys. */
export type Listing = ReadonlyMap<string, ListedLock>

/** For the clocks of the nodes: a copy lives a little longer than what it was copied from. */
const MARGIN = 1.05
const MARGIN_MS = 10

/**
 * What the witnesses of a node know of the locks that it may have granted ("Restoring", step 4). Where they differ, one of
 * the values is a leftover and nobody can tell which, so a tombstone keeps both from being forgotten.
 */
export function merge(listings: readonly Listing[]): Copy[] {
  const copies = new Map<string, Copy>()
  for (const listing of listings) {
    for (const lock of listing.values()) {
      const copy = copyOf(lock)
      const known = copies.get(lock.key)
      copies.set(lock.key, known === undefined ? copy : together(known, copy))
    }
  }
  return [...copies.values()]
}

function copyOf({ key, value, remaining, bearer }: ListedLock): Copy {
  return { key, value, bearer, ttl: Math.ceil(remaining * MARGIN) + MARGIN_MS }
}

function together(one: Copy, other: Copy): Copy {
  const ttl = Math.max(one.ttl, other.ttl)
  if (one.value !== other.value) return { key: one.key, value: TOMBSTONE, ttl, bearer: 0 }
  return { ...one, ttl, bearer: Math.max(one.bearer, other.bearer) }
}
