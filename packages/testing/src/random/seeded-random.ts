/**
 * Random numbers from a seed (sfc32). Only 32-bit integers, so that every engine computes the same.
 * One stream per concern: what one concern draws never shifts what another one gets, so a case can be reduced.
 */
export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: number, stream: string) {
    let hash = 0x811c9dc5
    for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193)
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = hash
    for (let i = 0; i < 12; i++) this.next()
  }

  /** A whole number in [0, 2³²). */
  next(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** Evenly in [0, 1). */
  fraction(): number {
    return this.next() / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.fraction() * count)
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** Evenly in [from, to). */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from)
  }

  /** Mostly near `from`, seldom near `to`: products only, since powers and logarithms differ between engines. */
  skewed(from: number, to: number): number {
    const fraction = this.fraction()
    return from + fraction * fraction * fraction * (to - from)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** Some of the items, in any order. */
  some<T>(items: readonly T[], count: number): readonly T[] {
    const left = [...items]
    return Array.from({ length: Math.min(count, left.length) }, () => {
      const [item] = left.splice(this.below(left.length), 1)
      return item as T
    })
  }

  weighted<T extends string>(weights: Readonly<Partial<Record<T, number>>>): T {
    const entries = Object.entries(weights) as [T, number][]
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [choice, weight] of entries) {
      left -= weight
      if (left < 0) return choice
    }
    return (entries.at(-1) as [T, number])[0]
  }
}
