import type { Lease, LockRequest } from '../lease.js'
import { acquireChannel } from '../telemetry/channels.js'
import { traceAcquire } from '../telemetry/traced.js'
import { attempt, type Attempt } from './attempt.js'
import { acquireByChance } from './by-chance.js'
import { Call, type Acquiring } from './call.js'
import { acquireInTurn } from './in-turn.js'
import { refusal } from './refusal.js'

/** Acquires a lock, and waits for it according to the options. */
export function acquire(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  if (!acquireChannel.hasSubscribers) return watched(client, request, signal)
  const subject = { clock: client.quorum.clock, request, mode: 'wait', signal } as const
  return traceAcquire(subject, () => watched(client, request, signal))
}

/** One round; `undefined` when the lock is held, or other waiters are ahead. */
export function tryAcquire(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  if (!acquireChannel.hasSubscribers) return tryForLock(client, request, signal)
  const subject = { clock: client.quorum.clock, request, mode: 'try', signal } as const
  return traceAcquire(subject, () => tryForLock(client, request, signal))
}

/** With a check for deadlocks, where that is enabled. */
function watched(client: Acquiring, request: LockRequest, signal: AbortSignal | undefined): Promise<Lease> {
  const { deadlocks } = client
  if (deadlocks === undefined) return waitForLock(client, request, signal)
  return deadlocks.wait(request, () => waitForLock(client, request, signal))
}

async function waitForLock(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const call = new Call(client, request, signal)
  const { wait, fair } = request.options
  try {
    if (wait > 0) return call.won(await (fair ? acquireInTurn : acquireByChance)(call))
    const result = await tryOnce(call)
    if (result.won) return call.won(result.lease)
    throw refusal(client.quorum, request.resources, result.tally)
  } catch (error) {
    throw call.failed(error)
  } finally {
    call.end()
  }
}

async function tryForLock(
  client: Acquiring,
  request: LockRequest,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  const call = new Call(client, request, signal)
  try {
    const result = await tryOnce(call)
    if (result.won) return call.won(result.lease)
    if (result.tally.isUnavailable) throw refusal(client.quorum, request.resources, result.tally)
    client.logger.debug({ resources: request.resources }, 'lock is held')
    return undefined
  } catch (error) {
    throw call.failed(error)
  } finally {
    call.end()
  }
}

async function tryOnce(call: Call): Promise<Attempt> {
  const unready = call.ready()
  if (unready !== undefined) await unready
  const result = await attempt(call, call.request.options.fair ? 'respect' : 'ignore')
  if (!result.won) result.rollBack()
  return result
}
