import type { Engine } from '../engine.js'
import { QuorumLockError } from '../errors.js'
import type { Claim, Lease } from '../hold/lease.js'
import * as quorum from '../quorum/acquire.js'
import { acquireChannel, type AcquireOutcome, type AcquireTrace } from './channels.js'
import { holdNumberOf } from './hold-number.js'

/** `acquire`, told to whoever listens. */
export function acquire(engine: Engine, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  if (!acquireChannel.hasSubscribers) return watched(engine, claim, signal)
  return traced(engine, claim, 'wait', signal, () => watched(engine, claim, signal))
}

/** `tryAcquire`, told to whoever listens. */
export function tryAcquire(
  engine: Engine,
  claim: Claim,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  if (!acquireChannel.hasSubscribers) return quorum.tryAcquire(engine, claim, signal)
  return traced(engine, claim, 'try', signal, () => quorum.tryAcquire(engine, claim, signal))
}

/** With an eye on deadlocks, where that was asked for. */
function watched(engine: Engine, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  const { deadlocks } = engine
  if (deadlocks === undefined) return quorum.acquire(engine, claim, signal)
  return deadlocks.wait(claim, () => quorum.acquire(engine, claim, signal))
}

async function traced<Result extends Lease | undefined>(
  engine: Engine,
  { resources, options: { label } }: Claim,
  mode: 'wait' | 'try',
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const { clock } = engine.options
  const trace: AcquireTrace = { resources, mode, ...(label === undefined ? {} : { label }) }
  const start = clock.monotonic()
  let result: Result | undefined
  // The channel shows the result of the promise to everybody, so it must not be the lease.
  await acquireChannel.tracePromise(async () => {
    try {
      result = await work()
      trace.outcome = result === undefined ? 'contended' : 'acquired'
      if (result !== undefined) {
        trace.hold = holdNumberOf(result)
        trace.votes = result.tally.votes()
      }
    } catch (error) {
      trace.outcome = outcomeOf(error)
      if (error instanceof QuorumLockError) trace.votes = error.votes
      throw error
    } finally {
      trace.duration = clock.monotonic() - start
    }
    return trace.outcome
  }, trace)
  return result as Result

  function outcomeOf(error: unknown): AcquireOutcome {
    if (error instanceof QuorumLockError) return error.code.toLowerCase() as AcquireOutcome
    return signal?.aborted === true ? 'aborted' : 'failed'
  }
}
