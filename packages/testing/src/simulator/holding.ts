import type { Lock } from '@quorumlock/core'
import type { SimulatedProcess } from './simulated-process.js'

/** A granted lock, as seen from outside. */
export interface Holding {
  readonly client: SimulatedProcess
  readonly resources: readonly string[]
  readonly lock: Lock
  /** The same object for a handle and for those that resumed its lock elsewhere. */
  readonly owner: object
  readonly invoked: number
  readonly granted: number
  /** It resumed a lock that another process gave away and may be about to release. */
  readonly isHeir?: boolean
  /** No process will release it, so it must expire. */
  leftToExpire: boolean
}
