import type { Lease } from '../lease.js'
import type { Logger } from '../options.js'
import type { ResolvedDeadlockDetection } from '../resolve-options.js'
import { heldFor } from './hold-number.js'

/** Holds that a warning was logged for: one each is enough. */
const warned = new WeakSet<Lease>()

/** Checked together with the clocks, once a second while anything is held, so a lock that is released soon costs nothing. */
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
    'lock is held for very long: a deadlock is possible',
  )
}

/** Stack frames up to the caller; more of them cost more. */
const FRAMES = 12

/** Where a lock was asked for. V8 stores the frames and formats them only when they are read. */
export function originOf(): { readonly stack?: string } {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const origin: { readonly stack?: string } = {}
  Error.captureStackTrace(origin, originOf)
  Error.stackTraceLimit = before
  return origin
}
