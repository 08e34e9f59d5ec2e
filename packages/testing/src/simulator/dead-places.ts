import type { Holding } from './holding.js'
import type { Visits } from './visits.js'

/** After the first wake-up, a waiter waits this long for the rest, plus twice the slowest round trip, milliseconds. */
const WAKE_UP_GRACE = 10
/** The first wake-up, the grace period after it, and an attempt. */
const TIMERS = 4

/**
 * Waiters of a dead process are ahead of a live one. The nodes know, because the connections are gone, so the lock goes
 * to the live waiter as quickly as without them.
 */
export async function queueBehindTheDead(visits: Visits): Promise<void> {
  const { user, truth, way } = visits
  const { chance, stage } = user
  const { oracle, plan, timeline } = stage
  const [holder, dead, next] = [visits.visitor(), visits.visitor(), visits.visitor()]
  const resource = visits.resource()
  const invoked = timeline.now
  const voters = truth.voters()
  let held: Holding | undefined
  await user.forgivingly('dead places', async () => {
    held = await visits.take(holder, resource, () => holder.redlock.acquire(resource, visits.options()))
  })
  const first = held
  if (first === undefined) {
    for (const visitor of [holder, dead, next]) await visitor.redlock.close()
    return
  }

  const options = { ...visits.options(), fencing: first.lock.token !== undefined }
  for (let places = 1 + chance.below(4); places > 0; places--)
    void dead.redlock.acquire(resource, { ...options, wait: Infinity }).catch(() => undefined)
  await holder.sleep(visits.settling)
  let second: Holding | undefined
  let servedAt = Infinity
  const served = user.forgivingly('next', async () => {
    second = await visits.take(next, resource, () =>
      next.redlock.acquire(resource, { ...options, wait: 10_000 }),
    )
    servedAt = timeline.now
  })
  await holder.sleep(visits.settling)
  dead.crash(() => 'lost')
  await holder.sleep(chance.between(0, 500))

  const isJudged = first.lock.held
  const releasedAt = timeline.now
  oracle.ended(first)
  void first.lock.release()
  await served
  // The release reaches the nodes and their message the waiter. A waiter that is only woken makes one more round trip.
  const limit = 4 * way + WAKE_UP_GRACE + 4 * way + TIMERS * (1 + visits.lag)
  // Without the guard, nodes only wake the first waiter.
  const isPromised = isJudged && plan.guard && truth.unharmed(voters, invoked).length === plan.nodes
  if (isPromised && servedAt - releasedAt > limit) {
    oracle.report(
      'liveness',
      `${next.name} got ${resource} ${(servedAt - releasedAt).toFixed(1)} ms after its release, behind places of a dead process; at most ${limit.toFixed(1)} ms were allowed`,
    )
  }
  if (isPromised) stage.mark('places of a dead process judged')
  if (second !== undefined) oracle.ended(second)
  await holder.redlock.close()
  await next.redlock.close()
}
