import type { Lock } from '@quorumlock/core'
import type { SimulatedProcess } from './simulated-process.js'
import type { Holding } from './holding.js'
import type { Visits } from './visits.js'

/** How long the operating system takes to end a command, milliseconds. */
const REACH = 100
const SHORTEST_TTL = 1_000
const LONGEST_COMMAND = 5_000

/**
 * A user that keeps a command on a leash, as `quorumlock exec` does: it ends the command when less than a quarter of
 * the TTL is left. While a quorum is healthy, that must not happen, even if the lock was handed over for a short time.
 */
export async function keepOnLeash(visits: Visits): Promise<void> {
  const { user, truth, ttl } = visits
  const { chance, stage } = user
  const { oracle, plan, timeline } = stage
  if (ttl < SHORTEST_TTL) return
  const [before, visitor] = [visits.visitor(), visits.visitor()]
  const resource = visits.resource()
  const options = visits.options()
  const invoked = timeline.now
  const voters = truth.voters()
  await user.forgivingly('leash', async () => {
    const first = await visits.take(before, resource, () => before.redlock.acquire(resource, options))
    const waits = visits.take(visitor, resource, () =>
      visitor.redlock.acquire(resource, { ...options, wait: 10_000 }),
    )
    await before.sleep(visits.settling + chance.between(0, 2_500))
    if (first !== undefined) {
      oracle.ended(first)
      void first.lock.release()
    }
    const holding = await waits
    if (holding === undefined) return
    const pulled = await run(visits, visitor, holding)
    if (pulled !== undefined && truth.unharmed(voters, invoked).length >= plan.quorum)
      oracle.report(
        'handle',
        `${visitor.name} had to end its command, although a quorum was healthy: ${pulled}`,
      )
    oracle.ended(holding)
  })
  await before.redlock.close()
  await visitor.redlock.close()
}

/** Runs a command. Resolves with the reason if it had to be ended early. */
async function run(
  visits: Visits,
  visitor: SimulatedProcess,
  { lock }: Holding,
): Promise<string | undefined> {
  const { user, ttl } = visits
  const { chance, stage } = user
  if (lock.remaining() < ttl / 2) {
    stage.mark('a provisional lock extended by its user')
    const failure = await extended(visits, lock)
    if (failure !== undefined) return failure
  }
  const grace = Math.min(10_000, ttl / 4)
  const until = stage.timeline.now + chance.between(0, Math.min(1.5 * ttl, LONGEST_COMMAND))
  while (stage.timeline.now < until) {
    const left = lock.remaining() - grace - REACH
    if (left <= 0) return `${lock.remaining().toFixed(1)} of ${ttl} ms are left`
    await slept(visitor, Math.min(left, until - stage.timeline.now))
  }
  return undefined
}

/** After an extension, nearly all of the TTL must be left, according to every clock. */
async function extended({ user, ttl }: Visits, lock: Lock): Promise<string | undefined> {
  const { timeline } = user.stage
  const began = timeline.now
  try {
    await lock.extend()
  } catch (error) {
    return String(error)
  }
  const least = 0.98 * ttl - 5 - 1.01 * (timeline.now - began)
  if (lock.remaining() >= least) return undefined
  return `${lock.remaining().toFixed(1)} of ${ttl} ms are left after an extension`
}

/** Sleeps by the timers of the process, which may be late. */
function slept({ clock }: SimulatedProcess, delay: number): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(Math.max(1, delay), resolve)
  })
}
