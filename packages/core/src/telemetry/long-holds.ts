import type { Lease } from '../lease.js'
import type { Logger } from '../options.js'
import type { ResolvedDeadlockDetection } from '../resolve-options.js'
import { heldFor } from './hold-number.js'

/** Holds for which a warning has been logged. One warning per hold is enough. */
const warned = new WeakSet<Lease>()

/** Called with the clock check, once a second while any lock is held. So a lock that is released soon costs nothing. */
export function warnOfLongHold(
  { warnAfter }: ResolvedDeadlockDetection,
  logger: Logger,
  lease: Lease,
  now: number,
): void {
  const held = heldFor(lease, now)
  if (lease.detached || held < warnAfter || warned.has(lease)) return
  warned.add(lease)
  const { resources, options, origin } = lease.request
  logger.warn(
    {
      resources,
      heldFor: Math.round(held),
      ...(options.label === undefined ? {} : { label: options.label }),
      ...(origin === undefined ? {} : { origin: origin.stack }),
    },
    'lock has been held for very long: possible deadlock',
  )
}

/** Number of stack frames to capture up to the caller. Each frame has a cost. */
const FRAMES = 12

/** The place in the code that requested a lock. V8 stores the frames and formats them only when they are read. */
export function originOf(): { readonly stack?: string } {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const origin: { readonly stack?: string } = {}
  Error.captureStackTrace(origin, originOf)
  Error.stackTraceLimit = before
  return origin
}
