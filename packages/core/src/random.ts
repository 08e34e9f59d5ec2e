import { randomFillSync } from 'node:crypto'

/** The source of randomness. A test seam, like the clock. */
export interface Random {
  /** At least 128 random bits as text without spaces or `#`, different for every call. */
  id(): string
  /** Uniformly distributed in [0, 1). */
  fraction(): number
}

const ID_BYTES = 18
const POOL_IDS = 256
const pool = Buffer.allocUnsafe(ID_BYTES * POOL_IDS)
let used = pool.length

export const systemRandom: Random = {
  // One call of the system's generator provides many ids.
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
