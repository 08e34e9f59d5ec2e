import type { Random } from '../../src/random.js'

/** Produces the same numbers for the same seed (mulberry32). */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = state
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const word = (): string => Math.floor(fraction() * 2 ** 32).toString(36)
  return { fraction, id: () => `${seed}-${word()}${word()}${word()}` }
}
