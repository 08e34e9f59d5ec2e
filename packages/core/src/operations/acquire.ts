import { QuorumLockError } from '../errors.js'
import type { Claim, Lease } from '../lease.js'
import { acquireChannel } from '../telemetry/channels.js'
import { traceAcquire } from '../telemetry/traced.js'
import { Interruption } from '../wait/interruption.js'
import { ready, type Acquiring } from './acquiring.js'
import { attempt, type Attempt } from './attempt.js'
import { acquireByChance } from './by-chance.js'
import { acquireInTurn } from './in-turn.js'
import { Progress } from './progress.js'
import { refusal } from './refusal.js'

/** Takes a lock, waiting for it as the options say. Rejects when it cannot be had. */
export function acquire(client: Acquiring, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  if (!acquireChannel.hasSubscribers) return watched(client, claim, signal)
  const subject = { clock: client.quorum.clock, claim, mode: 'wait', signal } as const
  return traceAcquire(subject, () => watched(client, claim, signal))
}

/** One round; `undefined` when others hold the lock. */
export function tryAcquire(
  client: Acquiring,
  claim: Claim,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  if (!acquireChannel.hasSubscribers) return tryFor(client, claim, signal)
  const subject = { clock: client.quorum.clock, claim, mode: 'try', signal } as const
  return traceAcquire(subject, () => tryFor(client, claim, signal))
}

/** With an eye on deadlocks, where that was asked for. */
function watched(client: Acquiring, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  const { deadlocks } = client
  if (deadlocks === undefined) return waitFor(client, claim, signal)
  return deadlocks.wait(claim, () => waitFor(client, claim, signal))
}

async function waitFor(client: Acquiring, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  const { wait, fair } = claim.options
  const progress = new Progress(client.quorum.clock)
  const wanted = new Interruption(client, claim.resources, signal)
  try {
    if (wait === 0) {
      const result = await tryOnce(client, claim, wanted, progress)
      return progress.had(granted(client, claim, result))
    }
    const inTime = fair ? acquireInTurn : acquireByChance
    return progress.had(await inTime(client, claim, wanted, progress))
  } catch (error) {
    logFailure(client, error)
    throw error
  } finally {
    wanted.dispose()
  }
}

async function tryFor(
  client: Acquiring,
  claim: Claim,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  const progress = new Progress(client.quorum.clock)
  const wanted = new Interruption(client, claim.resources, signal)
  try {
    const result = await tryOnce(client, claim, wanted, progress)
    if (!result.won && !result.tally.isUnavailable) {
      client.logger.debug({ resources: claim.resources }, 'a lock is held by others')
      return undefined
    }
    return progress.had(granted(client, claim, result))
  } catch (error) {
    logFailure(client, error)
    throw error
  } finally {
    wanted.dispose()
  }
}

async function tryOnce(
  client: Acquiring,
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Attempt> {
  const unready = ready(client, wanted)
  if (unready !== undefined) await unready
  progress.attempts++
  const result = await attempt(client.quorum, claim, wanted, claim.options.fair ? 'respect' : 'ignore')
  if (!result.won) result.abandon()
  return result
}

function granted({ quorum }: Acquiring, claim: Claim, result: Attempt): Lease {
  if (result.won) return result.lease
  throw refusal(quorum, claim.resources, result.tally)
}

/** Contention is what locks are for; that nobody can lock at all is worth a line. */
function logFailure({ logger }: Acquiring, error: unknown): void {
  if (!(error instanceof QuorumLockError)) return
  const { code, resources, votes } = error
  if (code === 'CONTENDED') logger.debug({ resources }, 'a lock is held by others')
  else if (code === 'UNAVAILABLE') logger.warn({ resources, votes }, 'too few lock nodes can answer')
  else if (code === 'MISUSE') logger.error({ resources, votes }, 'too many lock nodes refuse for good')
}
