/** What a worker tells, over IPC or within the process. Times are milliseconds since the machine was started. */
export type WorkerEvent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly at: number; readonly resources: readonly string[] }
  | {
      readonly kind: 'entered'
      readonly at: number
      readonly resources: readonly string[]
      readonly token: string
      readonly waited: number
      /** How long the lock may be relied on from `at`. */
      readonly remaining: number
    }
  | {
      readonly kind: 'left'
      readonly at: number
      readonly resources: readonly string[]
      readonly token: string
      /** The new value of each counter; none when the lock was lost before it could be written. */
      readonly wrote: readonly number[]
      readonly outcome: 'released' | 'expired' | 'unknown' | 'lost'
    }
  | {
      readonly kind: 'failed'
      readonly at: number
      readonly resources: readonly string[]
      readonly why: string
    }

export type Hear = (event: WorkerEvent) => void

/** One clock for all processes of a machine. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}
