import type { SimulatedProcess } from './simulated-process.js'
import type { Holding } from './holding.js'
import type { Server } from './server.js'
import { valueAt } from './truth.js'
import type { Visits } from './visits.js'

const STAGGER = 30

/**
 * The first call of a new client. While a quorum is responsive, may vote and has the resource free, one attempt must
 * succeed, and soon every responsive node that may vote must store the lock.
 */
export async function callFirst(visits: Visits): Promise<void> {
  const { user, truth, way } = visits
  const { chance, stage } = user
  const { oracle, plan, timeline } = stage
  const isStaggered = chance.chance(0.3)
  const came = timeline.now
  const visitor = visits.visitor(isStaggered ? STAGGER : 0)
  await visitor.sleep(chance.pick([0, 0, 0, chance.between(0, 60)]))

  const resource = visits.resource()
  const occupied = isStaggered ? [] : leaveKeys(visits, resource)
  const voters = truth.voters().filter((server) => !occupied.includes(server))
  const call = isStaggered ? 'acquire' : chance.pick(['tryAcquire', 'acquire at once', 'acquire'])
  const holding = await firstLock(visits, visitor, resource, call, () => {
    const free = truth.unharmed(voters, came)
    if (free.length < plan.quorum) return
    oracle.report(
      'firstCall',
      `${visitor.name} was refused by its first ${call}, although ${shown(free)} could grant ${resource}`,
    )
  })
  for (const server of occupied) server.state.locks.delete(`lock:${resource}`)
  if (holding === undefined) return visitor.redlock.close()

  // The votes of a quorum are enough to return; those of other nodes are in flight. A node that is connected later is
  // checked by the guard first.
  const settling = isStaggered ? STAGGER + visits.settling + visits.patience : 2 * way + 1
  await visitor.sleep(settling + visits.spreading)
  const { lock } = holding
  const bare = truth
    .unharmed(voters, came)
    .filter((server) => valueAt(server, resource) !== lock.value && !truth.isAhead(server, lock.token))
  if (bare.length > 0 && lock.held) {
    oracle.report(
      'firstCall',
      `the first lock of ${visitor.name}, ${resource}, is missing on ${shown(bare)}, which could have granted it from the beginning`,
    )
  }
  stage.mark('first call judged')
  oracle.ended(holding)
  if (chance.chance(0.2)) visitor.crash(() => 'lost')
  else await visitor.redlock.close()
}

async function firstLock(
  visits: Visits,
  visitor: SimulatedProcess,
  resource: string,
  call: string,
  refused: () => void,
): Promise<Holding | undefined> {
  const { user } = visits
  const options = visits.options()
  const { redlock } = visitor
  const wait = call === 'acquire' ? 3_000 : 0
  const limit = wait + user.bounds.beyond(visits.ttl)
  const acquire = () =>
    call === 'tryAcquire'
      ? redlock.tryAcquire(resource, options)
      : redlock.acquire(resource, { ...options, wait })
  let holding: Holding | undefined
  await user.forgivingly('first call', async () => {
    holding = await visits.take(visitor, resource, () =>
      user.bounds.judge(visitor, `first ${call}`, limit, acquire),
    )
  })
  if (holding === undefined) refused()
  return holding
}

/** Leaves keys of another client on a few nodes: too few to prevent the lock from being acquired. */
function leaveKeys({ user, truth }: Visits, resource: string): Server[] {
  const { chance, stage } = user
  const voters = truth.voters()
  const spare = voters.length - stage.plan.quorum
  if (spare <= 0 || chance.chance(0.5)) return []
  const occupied = new Set(Array.from({ length: 1 + chance.below(spare) }, () => chance.pick(voters)))
  for (const server of occupied)
    server.state.locks.set(`lock:${resource}`, { value: 'left behind', expiresAt: server.now() + 60_000 })
  return [...occupied]
}

function shown(servers: readonly Server[]): string {
  return servers.map(({ name }) => name).join()
}
