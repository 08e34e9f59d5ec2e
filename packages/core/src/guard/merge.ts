import { TOMBSTONE, type Copy } from '../node/commands.js'
import type { ListedLock } from '../node/replies.js'

/** For the clocks of the nodes: a copy lives a little longer than what it was copied from. */
const MARGIN = 1.05
const MARGIN_MS = 10

/** What several nodes know together of the locks that another one may have granted ("Restoring", step 4), by their keys. */
export type Copies = Map<string, Copy>

/**
 * Adds what one of them knows. Where they differ, one of the values is a leftover and nobody can tell which, so a tombstone
 * keeps both from being forgotten.
 */
export function absorb(copies: Copies, { key, value, remaining, bearer }: ListedLock): void {
  const ttl = Math.ceil(remaining * MARGIN) + MARGIN_MS
  const known = copies.get(key)
  if (known === undefined) copies.set(key, { key, value, ttl, bearer })
  else if (known.value === value) {
    copies.set(key, { key, value, ttl: Math.max(known.ttl, ttl), bearer: Math.max(known.bearer, bearer) })
  } else copies.set(key, { key, value: TOMBSTONE, ttl: Math.max(known.ttl, ttl), bearer: 0 })
}

/** Whether what a node has cannot go, because another one has this lock: the same value, or something beside a tombstone. */
export function isKnownBy(other: ListedLock, value: string): boolean {
  return value === TOMBSTONE || other.value === TOMBSTONE || other.value === value
}
