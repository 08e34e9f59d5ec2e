import type { Guard } from '../guard/guard.js'
import type { Logger } from '../options.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Deadlocks } from '../telemetry/deadlocks.js'
import type { Interruption } from '../wait/interruption.js'
import type { Waits } from '../wait/waits.js'
import type { Wakeups } from '../wait/wakeups.js'

/** The parts of a client that an acquire works with. */
export interface Acquiring {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly waits: Waits
  readonly deadlocks: Deadlocks | undefined
  readonly logger: Logger
}

/** Common case: the guard knows the nodes, and there is nothing to wait for. */
export function ready({ guard }: Acquiring, interruption: Interruption): Promise<void> | undefined {
  const checked = guard?.ready()
  return checked === undefined ? undefined : interruption.race(checked)
}
