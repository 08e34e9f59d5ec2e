import { QuorumLockError } from '../errors.js'
import type { Lease, LockRequest } from '../lease.js'
import type { Logger } from '../options.js'
import { acquireChannel } from '../telemetry/channels.js'
import { traceAcquire } from '../telemetry/traced.js'
import { Interruption } from '../wait/interruption.js'
import { ready, type Acquiring } from './acquiring.js'
import { attempt, type Attempt } from './attempt.js'
import { acquireByChance } from './by-chance.js'
import { acquireInTurn } from './in-turn.js'
import { Progress } from './progress.js'
import { refusal } from './refusal.js'

/** Acquires a lock, and waits for it as the options say. */
export function acquire(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const work = (): Promise<Lease> => interruptible(client, request, signal, waitForLock)
  const { deadlocks } = client
  const watched = deadlocks === undefined ? work : (): Promise<Lease> => deadlocks.wait(request, work)
  if (!acquireChannel.hasSubscribers) return watched()
  return traceAcquire({ clock: client.quorum.clock, request, mode: 'wait', signal }, watched)
}

/** One round; `undefined` when the lock is held, or other waiters are ahead. */
export function tryAcquire(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  const work = (): Promise<Lease | undefined> => interruptible(client, request, signal, tryForLock)
  if (!acquireChannel.hasSubscribers) return work()
  return traceAcquire({ clock: client.quorum.clock, request, mode: 'try', signal }, work)
}

type Work<Result> = (
  client: Acquiring,
  request: LockRequest,
  interruption: Interruption,
  progress: Progress,
) => Promise<Result>

/** What both have in common: the call can be interrupted, and its failure is logged. */
async function interruptible<Result>(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
  work: Work<Result>,
): Promise<Result> {
  const progress = new Progress(client.quorum.clock)
  const interruption = new Interruption(client, request.resources, signal)
  try {
    return await work(client, request, interruption, progress)
  } catch (error) {
    logFailure(client.logger, error)
    throw error
  } finally {
    interruption.dispose()
  }
}

const waitForLock: Work<Lease> = async (client, request, interruption, progress) => {
  const { wait, fair } = request.options
  if (wait > 0) {
    const inTime = fair ? acquireInTurn : acquireByChance
    return progress.won(await inTime(client, request, interruption, progress))
  }
  const result = await tryOnce(client, request, interruption, progress)
  if (result.won) return progress.won(result.lease)
  throw refusal(client.quorum, request.resources, result.tally)
}

const tryForLock: Work<Lease | undefined> = async (client, request, interruption, progress) => {
  const result = await tryOnce(client, request, interruption, progress)
  if (result.won) return progress.won(result.lease)
  if (result.tally.isUnavailable) throw refusal(client.quorum, request.resources, result.tally)
  client.logger.debug({ resources: request.resources }, 'lock is held')
  return undefined
}

const tryOnce: Work<Attempt> = async (client, request, interruption, progress) => {
  const unready = ready(client, interruption)
  if (unready !== undefined) await unready
  progress.attempts++
  const turn = request.options.fair ? 'respect' : 'ignore'
  const result = await attempt(client.quorum, request, interruption, turn)
  if (!result.won) result.rollBack()
  return result
}

/** Contention is what locks are for; an unavailable quorum is worth a line. */
function logFailure(logger: Logger, error: unknown): void {
  if (!(error instanceof QuorumLockError)) return
  const { code, resources, votes } = error
  if (code === 'CONTENDED') logger.debug({ resources }, 'lock is held')
  else if (code === 'UNAVAILABLE') logger.warn({ resources, votes }, 'too few lock nodes are available')
  else if (code === 'MISUSE') logger.error({ resources, votes }, 'too many lock nodes reject permanently')
}
