import type { Measured } from '../statistics.js'

/** A figure of one contender in one scenario; a text where there is no figure. */
export type Value = Measured | number | string

export interface Column {
  readonly key: string
  readonly title: string
  readonly digits: number
  /** Whether less of it is better; none where it is not a contest. */
  readonly better?: 'more' | 'less' | undefined
}

export interface Row {
  readonly name: string
  readonly kind: 'ours' | 'peer' | 'floor'
  readonly values: Readonly<Record<string, Value>>
}

/** What one scenario found out, and when. */
export interface Result extends Finding {
  readonly at: string
  /** What speaks against these figures; nothing, if all is well. */
  readonly disturbances: readonly string[]
}

export interface Finding {
  readonly id: string
  readonly title: string
  /** What was done, for a reader who wants to judge it. */
  readonly method: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** The column that is drawn. */
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
