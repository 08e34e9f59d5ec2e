import type { Clock } from '../clock.js'
import type { Engine } from '../engine.js'
import { QuorumLockError } from '../errors.js'
import type { Claim, Lease } from '../hold/lease.js'
import { Interruption } from '../wait/interruption.js'
import { Place } from '../wait/place.js'
import { Waiting } from '../wait/waiting.js'
import { attempt, type Attempt, type Lost } from './attempt.js'
import { refusal } from './refusal.js'
import type { Tally } from './tally.js'

/** A round is never cut shorter for the sake of the wait budget, milliseconds. */
const SHORTEST_PATIENCE = 50

/** Takes a lock, waiting for it as the options say. Rejects when it cannot be had. */
export async function acquire(engine: Engine, claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
  const { wait, fair } = claim.options
  const progress = beginning(engine)
  const wanted = new Interruption(engine, claim.resources, signal)
  try {
    if (wait === 0)
      return had(granted(engine, claim, await tryOnce(engine, claim, wanted, progress)), progress)
    const inTime = fair ? acquireInTurn : acquireByChance
    return had(await inTime(engine, claim, wanted, progress), progress)
  } catch (error) {
    logFailure(engine, error)
    throw error
  } finally {
    wanted.dispose()
  }
}

/** One round; `undefined` when others hold the lock. */
export async function tryAcquire(
  engine: Engine,
  claim: Claim,
  signal: AbortSignal | undefined,
): Promise<Lease | undefined> {
  const progress = beginning(engine)
  const wanted = new Interruption(engine, claim.resources, signal)
  try {
    const result = await tryOnce(engine, claim, wanted, progress)
    if (!result.won && !result.tally.isUnavailable) {
      engine.options.logger.debug({ resources: claim.resources }, 'a lock is held by others')
      return undefined
    }
    return had(granted(engine, claim, result), progress)
  } catch (error) {
    logFailure(engine, error)
    throw error
  } finally {
    wanted.dispose()
  }
}

/** How far a call has come. */
interface Progress {
  readonly clock: Clock
  readonly begun: number
  attempts: number
  /** What a refusal goes by: the last round that had time enough to tell something of the nodes. */
  telling?: Tally
}

function beginning({ options: { clock } }: Engine): Progress {
  return { clock, begun: clock.monotonic(), attempts: 0 }
}

function had(lease: Lease, { clock, begun, attempts }: Progress): Lease {
  lease.acquisition = { attempts, waited: clock.monotonic() - begun, handedOver: lease.isProvisional }
  return lease
}

async function tryOnce(
  engine: Engine,
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Attempt> {
  const unready = ready(engine, wanted)
  if (unready !== undefined) await unready
  progress.attempts++
  const result = await attempt(engine, claim, wanted, claim.options.fair ? 'respect' : 'ignore')
  if (!result.won) result.abandon()
  return result
}

/** First come, first served: every attempt carries the same place in the queue of every node. */
async function acquireInTurn(
  engine: Engine,
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { clock } = engine.options
  const until = clock.monotonic() + claim.options.wait
  const place = new Place(engine, claim)
  const waiting = new Waiting(engine, place, claim.options.retryInterval)
  wanted.onInterrupt(() => {
    waiting.end()
  })
  let last: Lost | undefined
  try {
    for (;;) {
      const unready = ready(engine, wanted)
      if (unready !== undefined) await unready
      waiting.attempting()
      last?.abandon()
      if (last !== undefined) place.noteHearing(last.tally)
      progress.attempts++
      const patience = patienceFor(engine, claim, until)
      const result = await attempt(engine, claim, wanted, place, patience)
      if (result.won) {
        place.served(result.lease)
        return result.lease
      }
      last = result
      note(progress, result.tally, patience, claim)
      if (!result.tally.isMisuse && clock.monotonic() < until) await waiting.sleep(result.tally, until)
      wanted.throwIfInterrupted()
      const handed = place.takeOver(claim)
      if (handed !== undefined) return handed
      if (result.tally.isMisuse || clock.monotonic() >= until)
        throw refusal(engine, claim.resources, progress.telling ?? result.tally)
    }
  } finally {
    waiting.end()
    place.leave(last?.tally)
  }
}

/** Classic Redlock: attempts at random intervals, with the remaining TTL and a node's word as hints. */
async function acquireByChance(
  engine: Engine,
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { wait, retryInterval } = claim.options
  const { clock, random } = engine.options
  const until = clock.monotonic() + wait
  for (;;) {
    const unready = ready(engine, wanted)
    if (unready !== undefined) await unready
    progress.attempts++
    const patience = patienceFor(engine, claim, until)
    const result = await attempt(engine, claim, wanted, 'ignore', patience)
    if (result.won) return result.lease
    note(progress, result.tally, patience, claim)
    try {
      const left = until - clock.monotonic()
      if (!result.tally.isMisuse && left > 0) {
        // Full jitter, and no longer than until the lock is free by itself.
        const backOff = random.fraction() * retryInterval * 2 ** Math.min(progress.attempts, 4)
        await wanted.pause(Math.max(1, Math.min(backOff, remainingOf(result.tally, engine), left)))
      }
    } finally {
      result.abandon()
    }
    if (result.tally.isMisuse || clock.monotonic() >= until)
      throw refusal(engine, claim.resources, progress.telling ?? result.tally)
  }
}

/** A round may take the rest of the wait, but never less than a healthy node needs. */
function patienceFor({ options }: Engine, claim: Claim, until: number): number {
  const left = until - options.clock.monotonic()
  return Math.min(claim.options.nodeTimeout, Math.max(SHORTEST_PATIENCE, left))
}

/** That nodes did not answer within a round that was cut short is no news of them: the round before it knows better. */
function note(progress: Progress, tally: Tally, patience: number, { options }: Claim): void {
  const isCutShort = patience < options.nodeTimeout
  if (!isCutShort || !tally.isUnheard) progress.telling = tally
}

function remainingOf(tally: Tally, engine: Engine): number {
  const times = tally.replies.map((reply) =>
    reply?.vote === 'refused' ? (reply.remaining ?? Infinity) : Infinity,
  )
  times.sort((a, b) => a - b)
  return (times[engine.options.quorum - 1] as number) + 1
}

/** Before the first round over a connection the guard has to know the nodes; `undefined` when it does, nearly always. */
function ready(engine: Engine, wanted: Interruption): Promise<void> | undefined {
  const checked = engine.guard?.ready()
  return checked === undefined ? undefined : wanted.unless(checked)
}

/** Contention is what locks are for; that nobody can lock at all is worth a line. */
function logFailure({ options: { logger } }: Engine, error: unknown): void {
  if (!(error instanceof QuorumLockError)) return
  const { code, resources, votes } = error
  if (code === 'CONTENDED') logger.debug({ resources }, 'a lock is held by others')
  else if (code === 'UNAVAILABLE') logger.warn({ resources, votes }, 'too few lock nodes can answer')
  else if (code === 'MISUSE') logger.error({ resources, votes }, 'too many lock nodes refuse for good')
}

function granted(engine: Engine, claim: Claim, result: Attempt): Lease {
  if (result.won) return result.lease
  throw refusal(engine, claim.resources, result.tally)
}
