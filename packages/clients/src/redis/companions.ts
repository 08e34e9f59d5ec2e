/** Characters that no other part of a name is likely to end in: a lock key must not be another one's companion. */
const QUEUE = ':#queue'
const FENCE = ':#fence'
const BEARER = ':#bearer'

/** Sorted set of those who wait for the lock; in the lock's cluster slot. */
export function queueOf(lockKey: string): string {
  return stemOf(lockKey) + QUEUE
}

/** Highest token granted for the lock; in the lock's cluster slot. */
export function fenceOf(lockKey: string): string {
  return stemOf(lockKey) + FENCE
}

/** Which process has gone on with the lock, if it was handed over; in the lock's cluster slot. */
export function bearerOf(lockKey: string): string {
  return stemOf(lockKey) + BEARER
}

/** "Keys": what makes Redis Cluster put a companion beside its lock. */
function stemOf(lockKey: string): string {
  return lockKey.includes('{') && hashTagOf(lockKey) !== undefined ? lockKey : `{${lockKey}}`
}

/** The part of a key that decides about its slot, if it is not the whole key. */
export function hashTagOf(key: string): string | undefined {
  const open = key.indexOf('{')
  if (open < 0) return undefined
  const close = key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : undefined
}
