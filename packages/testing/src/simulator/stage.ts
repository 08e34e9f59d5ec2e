import type { SimulatedProcess } from './simulated-process.js'
import type { Oracle } from './oracle.js'
import type { Plan } from './plan.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

/** What all users share. */
export interface Stage {
  readonly plan: Plan
  readonly timeline: Timeline
  readonly oracle: Oracle
  readonly clients: readonly SimulatedProcess[]
  readonly servers: readonly Server[]
  /** A new process with a single purpose. Each of its connections is made `dialsIn()` milliseconds later. */
  readonly visit: (dialsIn: () => number) => SimulatedProcess
  readonly note: (text: () => string) => void
  readonly mark: (mark: string) => void
  attempts: number
  /** Resources whose locks outlive the run. */
  readonly marks: string[]
}
