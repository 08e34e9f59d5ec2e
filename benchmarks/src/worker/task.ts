/** What a process that holds one contender can be asked to do. Times in milliseconds. */
export type Task = CyclesTask | ContendTask | HoldTask

/** Acquire and release, again and again, each on a resource of its own. */
export interface CyclesTask {
  readonly kind: 'cycles'
  readonly parallel: number
  /** Starts no cycle after this time. */
  readonly duration: number
  /** And no more than so many. */
  readonly most: number
  /** Gives up on what has not come back by then. */
  readonly limit: number
  /** Resources for each lock. */
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
  /** Cycles that were still under way at the limit. */
  readonly stuck: number
  readonly failures: number
  readonly failure: string | undefined
}

export interface Latency {
  readonly median: number
  readonly p99: number
  readonly max: number
}

/** Several waiters who want one resource, over and over. */
export interface ContendTask {
  readonly kind: 'contend'
  readonly resource: string
  readonly waiters: number
  /** Sections for each waiter. */
  readonly sections: number
  /** How long each holds the lock. */
  readonly section: number
  /** On the machine's steady clock, so that several processes begin together. */
  readonly startAt: number
  readonly limit: number
}

/** Moments on the machine's steady clock. */
export interface Section {
  readonly waiter: number
  readonly wanted: number
  /** Infinity: not before the limit. */
  readonly entered: number
  readonly left: number
}

/** Takes many locks and keeps them for a while. */
export interface HoldTask {
  readonly kind: 'hold'
  readonly locks: number
  readonly duration: number
}

export interface HoldResult {
  readonly locks: number
  /** Of taking them all. */
  readonly taken: number
  /** Processor time for each second of holding, as a share of one core. */
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
