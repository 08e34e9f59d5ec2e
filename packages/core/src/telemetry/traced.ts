import type { Clock } from '../clock.js'
import { QuorumLockError } from '../errors.js'
import type { LockRequest, Lease, ReleaseOutcome } from '../lease.js'
import {
  acquireChannel,
  extendChannel,
  releaseChannel,
  type AcquireOutcome,
  type AcquireTrace,
  type ExtendTrace,
  type ReleaseTrace,
} from './channels.js'
import { heldFor, holdNumberOf } from './hold-number.js'

// Callers check `hasSubscribers` first, so that tracing costs nothing while a channel has no subscribers.

/** The call to acquire a lock that is traced. */
export interface AcquireSubject {
  readonly clock: Clock
  readonly request: LockRequest
  readonly mode: 'wait' | 'try'
  readonly signal: AbortSignal | undefined
}

export async function traceAcquire<Result extends Lease | undefined>(
  { clock, request, mode, signal }: AcquireSubject,
  work: () => Promise<Result>,
): Promise<Result> {
  const { label } = request.options
  const trace: AcquireTrace = {
    resources: request.resources,
    mode,
    ...(label === undefined ? {} : { label }),
  }
  const start = clock.monotonic()
  let result: Result | undefined
  // The channel shows the result of the promise to every subscriber, so the result must not be the lease.
  await acquireChannel.tracePromise(async () => {
    try {
      result = await work()
      trace.outcome = result === undefined ? 'contended' : 'acquired'
      if (result !== undefined) {
        trace.hold = holdNumberOf(result)
        trace.votes = result.tally.votes()
      }
    } catch (error) {
      trace.outcome = outcomeOf(error, signal)
      if (error instanceof QuorumLockError) trace.votes = error.votes
      throw error
    } finally {
      trace.duration = clock.monotonic() - start
    }
    return trace.outcome
  }, trace)
  return result as Result
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): AcquireOutcome {
  if (error instanceof QuorumLockError) return error.code.toLowerCase() as AcquireOutcome
  return signal?.aborted === true ? 'aborted' : 'failed'
}

export function traceExtend<Outcome extends NonNullable<ExtendTrace['outcome']>>(
  clock: Clock,
  lease: Lease,
  { ttl, by }: Pick<ExtendTrace, 'ttl' | 'by'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const start = clock.monotonic()
  const trace: ExtendTrace = { resources: lease.request.resources, hold: holdNumberOf(lease), ttl, by }
  return extendChannel.tracePromise(async () => {
    const outcome = await work()
    trace.outcome = outcome
    trace.duration = clock.monotonic() - start
    trace.votes = lease.tally.votes()
    return outcome
  }, trace)
}

export function traceRelease(
  clock: Clock,
  lease: Lease,
  work: () => Promise<ReleaseOutcome>,
): Promise<ReleaseOutcome> {
  const start = clock.monotonic()
  const trace: ReleaseTrace = {
    resources: lease.request.resources,
    hold: holdNumberOf(lease),
    heldFor: heldFor(lease, start),
  }
  return releaseChannel.tracePromise(async () => {
    const outcome = await work()
    trace.outcome = outcome
    trace.duration = clock.monotonic() - start
    return outcome
  }, trace)
}
