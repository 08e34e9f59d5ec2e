import type { Lock } from '@quorumlock/core'
import type { SimulatedProcess } from './simulated-process.js'

/** A lock that was handed out, as the world outside sees it. */
export interface Holding {
  readonly client: SimulatedProcess
  readonly resources: readonly string[]
  readonly lock: Lock
  /** The same for a handle and for those that went on with its lock elsewhere. */
  readonly owner: object
  readonly invoked: number
  readonly granted: number
  /** It goes on with a lock that another process has given away, and may be about to release. */
  readonly isHeir?: boolean
  /** Nobody releases it any more: it has to expire. */
  leftToExpire: boolean
}
