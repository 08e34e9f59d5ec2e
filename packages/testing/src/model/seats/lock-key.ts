/**
 * What stands under the one lock key of a server: free, the value of an attempt, or a tombstone. Beside the value, the
 * number keeps of each attempt the latest round whose time the key got, since time itself is not in the model: a key
 * can expire only when every lease that counts on such a time has ended or rests on a later round.
 */
export type LockKey = number

/** 1 to 6: `client * attempts + attempt + 1`. */
export type Value = number

export const FREE: LockKey = 0
/** A value that no client can hold. */
export const TOMBSTONE = 7

const OWNER = 7
/** Rounds are numbered 0 to 2, and kept as 1 to 3 in two bits per value. */
const ROUND = 3

export function ownerOf(key: LockKey): Value {
  return key & OWNER
}

export function held(value: Value, round: number): LockKey {
  return value | ((round + 1) << shiftOf(value))
}

/** The key after a write by its owner. Its time never gets shorter. */
export function prolonged(key: LockKey, value: Value, round: number): LockKey {
  return together(key, held(value, round))
}

/**
 * Step 4 and 5 of "Restoring": one value everywhere stays, two make a tombstone, and the time is the longest of all.
 * A free key gives way to what others have.
 */
export function together(a: LockKey, b: LockKey): LockKey {
  if (a === FREE || a === b) return b
  if (b === FREE) return a
  let key = ownerOf(a) === ownerOf(b) ? ownerOf(a) : TOMBSTONE
  for (let value = 1; value < TOMBSTONE; value++) {
    const shift = shiftOf(value)
    key |= Math.max((a >> shift) & ROUND, (b >> shift) & ROUND) << shift
  }
  return key
}

/**
 * The key without times on which no lease rests any more: those of `value` from rounds before `first`. The leftover of
 * an attempt that is over disappears at once, because it only blocks: every step from it is possible without it.
 */
export function faded(key: LockKey, value: Value, first: number): LockKey {
  const shift = shiftOf(value)
  const round = (key >> shift) & ROUND
  const rest = round === 0 || round > first ? key : key & ~(ROUND << shift)
  return rest === TOMBSTONE || (ownerOf(rest) === value && first === OVER) ? FREE : rest
}

/** Above every round. */
export const OVER = 4

/** Whether the key may have expired though its owner still holds the lock: it missed the last extension. */
export function canExpire(key: LockKey): boolean {
  return key !== FREE && key <= OWNER
}

/** The same key where the attempts have other numbers. */
export function renumbered(key: LockKey, numberOf: readonly Value[]): LockKey {
  if (key === FREE) return FREE
  const owner = ownerOf(key)
  let result = owner === TOMBSTONE ? owner : (numberOf[owner] as Value)
  for (let value = 1; value < numberOf.length; value++) {
    const round = (key >> shiftOf(value)) & ROUND
    if (round !== 0) result |= round << shiftOf(numberOf[value] as Value)
  }
  return result
}

function shiftOf(value: Value): number {
  return 1 + 2 * value
}
