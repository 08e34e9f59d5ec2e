/** The value below which this share of the values lies, `at` from 0 to 1; NaN without values. */
export function quantile(values: ArrayLike<number>, at: number): number {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0) return Number.NaN
  const place = (sorted.length - 1) * at
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}

/** The median of several rounds, and the width of the middle half around it as a share of the median. */
export interface Measured {
  readonly median: number
  readonly spread: number
}

/** With the rounds themselves, which are written beside the report and not kept in it. */
export interface Samples extends Measured {
  readonly rounds: readonly number[]
}

export function measured(rounds: readonly number[]): Samples {
  const middle = median(rounds)
  const spread = (quantile(rounds, 0.75) - quantile(rounds, 0.25)) / middle
  return { median: middle, spread, rounds }
}

/** Jain's index: 1 if all shares are equal, 1/n if one is everything. */
export function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares)
}
