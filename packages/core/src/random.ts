import { randomFillSync } from 'node:crypto'

/** Where chance comes from. A seam for tests, like the clock. */
export interface Random {
  /** At least 128 random bits as text without spaces or `#`; different at every call. */
  id(): string
  /** Evenly spread in [0, 1). */
  fraction(): number
}

const ID_BYTES = 18
const POOL_IDS = 256
const pool = Buffer.allocUnsafe(ID_BYTES * POOL_IDS)
let used = pool.length

export const systemRandom: Random = {
  // One call of the system's generator serves many ids.
  id() {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const from = used
    used += ID_BYTES
    return pool.toString('base64url', from, used)
  },
  fraction: () => Math.random(),
}
