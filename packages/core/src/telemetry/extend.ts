import type { Engine } from '../engine.js'
import type { Lease } from '../hold/lease.js'
import * as quorum from '../quorum/extend.js'
import { extendChannel, type ExtendTrace } from './channels.js'
import { holdNumberOf } from './hold-number.js'

/** `extend`, told to whoever listens. */
export function extend(
  engine: Engine,
  lease: Lease,
  ttl: number,
  purpose: 'awaited' | 'background',
): Promise<quorum.ExtendOutcome> {
  if (!extendChannel.hasSubscribers) return quorum.extend(engine, lease, ttl, purpose)
  const { clock } = engine.options
  const start = clock.monotonic()
  const trace: ExtendTrace = {
    resources: lease.claim.resources,
    hold: holdNumberOf(lease),
    ttl,
    by: purpose === 'awaited' ? 'caller' : 'renewal',
  }
  return extendChannel.tracePromise(async () => {
    const outcome = await quorum.extend(engine, lease, ttl, purpose)
    trace.outcome = outcome
    trace.duration = clock.monotonic() - start
    trace.votes = lease.tally.votes()
    return outcome
  }, trace)
}
