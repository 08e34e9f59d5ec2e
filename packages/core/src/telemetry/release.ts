import type { Engine } from '../engine.js'
import type { LockLostError } from '../errors.js'
import type { Lease } from '../hold/lease.js'
import * as quorum from '../quorum/release.js'
import { releaseChannel, type ReleaseTrace } from './channels.js'
import { holdNumberOf } from './hold-number.js'

/** `release`, told to whoever listens. */
export function release(engine: Engine, lease: Lease, loss?: LockLostError): Promise<quorum.ReleaseOutcome> {
  if (!releaseChannel.hasSubscribers) return quorum.release(engine, lease, loss)
  const { clock } = engine.options
  const start = clock.monotonic()
  const trace: ReleaseTrace = {
    resources: lease.claim.resources,
    hold: holdNumberOf(lease),
    heldFor: start - lease.grantedAt.monotonic,
  }
  return releaseChannel.tracePromise(async () => {
    const outcome = await quorum.release(engine, lease, loss)
    trace.outcome = outcome
    trace.duration = clock.monotonic() - start
    return outcome
  }, trace)
}
