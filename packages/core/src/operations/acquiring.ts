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

/** Before the first round over a connection the guard has to know the nodes; `undefined` when it does, nearly always. */
export function ready({ guard }: Acquiring, wanted: Interruption): Promise<void> | undefined {
  const checked = guard?.ready()
  return checked === undefined ? undefined : wanted.unless(checked)
}
