import type { Holding } from './holding.js'
import { valueAt } from './truth.js'
import type { Visits } from './visits.js'

/**
 * A client that is closed while it holds locks, has just released others and is about to acquire more. Once `close()`
 * has ended, nothing of the client is left on the nodes that answer.
 */
export async function callLast(visits: Visits): Promise<void> {
  const { user, truth, way } = visits
  const { chance, stage } = user
  const { oracle, timeline } = stage
  const visitor = visits.visitor()
  const { redlock } = visitor
  const invoked = timeline.now
  const voters = truth.voters()
  const resources = Array.from({ length: 1 + chance.below(3) }, () => visits.resource())
  const holdings: Holding[] = []
  for (const resource of resources) {
    await user.forgivingly('last call', async () => {
      const holding = await visits.take(visitor, resource, () => redlock.acquire(resource, visits.options()))
      if (holding !== undefined) holdings.push(holding)
    })
  }
  await visitor.sleep(chance.between(0, 4 * way))

  const asked = visits.resource()
  if (chance.chance(0.5)) {
    resources.push(asked)
    void redlock.acquire(asked, visits.options()).catch(() => undefined)
    await visitor.sleep(chance.pick([0, chance.between(0, 4 * way)]))
  }
  for (const holding of holdings) {
    oracle.ended(holding)
    if (chance.chance(0.6)) void holding.lock.release()
  }
  if (chance.chance(0.5)) await visitor.sleep(chance.between(0, 2 * way))
  await user.bounds.judge(visitor, 'close', 4_000 + user.bounds.beyond(visits.ttl), () => redlock.close())

  for (const server of truth.unharmed(voters, invoked)) {
    for (const resource of resources) {
      const value = valueAt(server, resource)
      const places = server.state.queues.get(`lock:${resource}`)?.length ?? 0
      if (value === undefined && places === 0) continue
      oracle.report(
        'residue',
        `${visitor.name} is closed, but ${server.name} still has ${value ?? 'its place'} for ${resource}`,
      )
    }
  }
  stage.mark('close judged')
}
