/** What the process of a contender can be asked to do. Times in milliseconds. */
export type Task = CyclesTask | ContendTask | HoldTask

/** Acquire and release repeatedly, each time on another resource. */
export interface CyclesTask {
  readonly kind: 'cycles'
  readonly parallel: number
  /** Starts no cycle after this time. */
  readonly duration: number
  /** Starts at most this many cycles. */
  readonly most: number
  /** Does not wait longer for cycles that have not finished. */
  readonly limit: number
  /** Resources per lock. */
  readonly resources: number
}

export interface CyclesResult {
  readonly cycles: number
  readonly elapsed: number
  /** Processor time of this process for all cycles. */
  readonly cpu: number
  /** Of `acquire` alone. */
  readonly acquire: Latency
  readonly cycle: Latency
  /** Cycles that were still in flight at the limit. */
  readonly stuck: number
  readonly failures: number
  readonly failure: string | undefined
}

export interface Latency {
  readonly median: number
  readonly p99: number
  readonly max: number
}

/** Several waiters acquire one resource repeatedly. */
export interface ContendTask {
  readonly kind: 'contend'
  readonly resource: string
  readonly waiters: number
  /** Sections per waiter. */
  readonly sections: number
  /** How long each section holds the lock. */
  readonly section: number
  /** On the machine's steady clock, so that several processes start together. */
  readonly startAt: number
  readonly limit: number
}

/** Times on the machine's steady clock. */
export interface Section {
  readonly waiter: number
  readonly wanted: number
  /** Infinity if not within the limit. */
  readonly entered: number
  readonly left: number
}

/** Acquires many locks and holds them for `duration`. */
export interface HoldTask {
  readonly kind: 'hold'
  readonly locks: number
  readonly duration: number
}

export interface HoldResult {
  readonly locks: number
  /** How long it took to acquire all of them. */
  readonly taken: number
  /** Processor time while holding them, as a share of one core. */
  readonly cpu: number
  readonly bytesPerLock: number
  readonly duration: number
}

export type ResultOf<T extends Task> = T extends CyclesTask
  ? CyclesResult
  : T extends ContendTask
    ? readonly Section[]
    : HoldResult

export interface Order {
  readonly id: number
  readonly task: Task | { readonly kind: 'close' }
}

export type Report =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
