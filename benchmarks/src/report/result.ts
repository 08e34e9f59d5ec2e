import type { Measured } from '../statistics.js'

/** A figure of one contender in one scenario, or the reason why there is none. */
export type Value = Measured | number | string

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Undefined for a column that is not a comparison. */
  readonly better?: 'more' | 'less' | undefined
}

export interface Row {
  readonly name: string
  readonly kind: 'ours' | 'peer' | 'floor'
  readonly values: Readonly<Record<string, Value>>
}

/** What one scenario measured, and when. */
export interface Result extends Finding {
  readonly at: string
  /** Reasons to doubt these figures; normally none. */
  readonly disturbances: readonly string[]
}

export interface Finding {
  readonly id: string
  readonly title: string
  /** How it was measured, so that a reader can judge it. */
  readonly method: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** The key of the column that the chart shows. */
  readonly drawn?: string | undefined
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory: string
  readonly system: string
  readonly node: string
  readonly redis: string
  readonly packages: Readonly<Record<string, string>>
}

export interface Report {
  readonly machine: Machine
  readonly results: readonly Result[]
}
