/** Suffixes that resource names are unlikely to end in, because a lock key must not be the companion of another. */
const QUEUE = ':#queue'
const FENCE = ':#fence'
const BEARER = ':#bearer'

/** Sorted set of the lock's waiters, in the lock's cluster slot. */
export function queueOf(lockKey: string): string {
  return stemOf(lockKey) + QUEUE
}

/** Highest token granted for the lock, in the lock's cluster slot. */
export function fenceOf(lockKey: string): string {
  return stemOf(lockKey) + FENCE
}

/** Which process has resumed the lock, if it was passed to another one, in the lock's cluster slot. */
export function bearerOf(lockKey: string): string {
  return stemOf(lockKey) + BEARER
}

/** The key of a marker, and the one that version 0.1 used for it (see scripts/parts/former.lua). */
export function withFormer(marker: string): string[] {
  return marker.endsWith(':marker') ? [marker, marker.replace(/marker$/, 'fleet')] : [marker]
}

/** The hash tag that makes Redis Cluster store a companion in the slot of its lock (section "Keys"). */
function stemOf(lockKey: string): string {
  return lockKey.includes('{') && hashTagOf(lockKey) !== undefined ? lockKey : `{${lockKey}}`
}

/** The part of a key that determines its slot, if that is not the whole key. */
export function hashTagOf(key: string): string | undefined {
  const open = key.indexOf('{')
  if (open < 0) return undefined
  const close = key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : undefined
}
