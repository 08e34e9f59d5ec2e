import { beginning } from './entering.js'
import { incarnationOf, merged } from './claims.js'
import { canExpire, FREE } from './lock-key.js'
import {
  claimIn,
  foundedSeats,
  withServer,
  written,
  type SeatsState,
  type Server,
  type Step,
} from './state.js'
import { seatOf, serverOf, type World } from './world.js'

/** What happens to servers: keys that go, servers that are replaced or emptied, and knowledge that spreads. */
export function* serverSteps(world: World, state: SeatsState): Generator<Step> {
  for (let at = 0; at < state.servers.length; at++) {
    const server = state.servers[at] as Server
    if (server.state === 'spare') {
      yield* takeOverSteps(world, state, at)
      continue
    }
    if (canExpire(server.key)) yield [`the key on server ${at} expires`, written(world, state, at, FREE)]
    if (server.state === 'voting') {
      yield* lossSteps(world, state, at)
      if (world.gossip === true) yield* gossipSteps(world, state, at)
    }
    yield* returnSteps(world, state, at)
  }
}

/** Another server takes the place of one that lives on; it may be a replica that lacks the last write. */
function* takeOverSteps(world: World, state: SeatsState, at: number): Generator<Step> {
  const all = (state.servers[seatOf(world, at)] as Server).key
  const behind = (state.servers[at] as Server).key
  const tried = new Set<number>()
  for (const copy of world.copies) {
    const key = copy === 'all' ? all : copy === 'nothing' ? FREE : behind
    if (tried.has(key)) continue
    tried.add(key)
    const next = beginning(world, withServer(state, at, { key }), at, foundedSeats(world))
    if (isBearable(world, next)) yield [`server ${at} starts in seat ${seatOf(world, at)} with ${copy}`, next]
  }
}

/** The restorer of an emptied server knows nothing but the founding; it may learn at once. */
function* lossSteps(world: World, state: SeatsState, at: number): Generator<Step> {
  if (state.losses === 0 || bestOf(world, state, seatOf(world, at)) !== at) return
  const { life } = state.servers[at] as Server
  const empty = withServer({ ...state, losses: state.losses - 1 }, at, { life: life + 1, key: FREE })
  const next = beginning(world, empty, at, foundedSeats(world))
  if (isBearable(world, next)) yield [`server ${at} is emptied`, next]
}

/** A client that has learned from `from` that the server is superseded enters its seat with it again. */
function* returnSteps(world: World, state: SeatsState, at: number): Generator<Step> {
  if (state.returns === 0) return
  const seat = seatOf(world, at)
  const isOut = state.entrants[at]?.phase === 'superseded'
  if (!isOut && state.servers[at]?.state !== 'voting') return
  for (let from = 0; from < state.servers.length; from++) {
    const teacher = state.servers[from] as Server
    if (teacher.state !== 'voting' || serverOf(world, seat, claimIn(teacher.seats, seat)) === at) continue
    const seats = merged(foundedSeats(world), teacher.seats, world.supersedes)
    if (incarnationOf(claimIn(seats, seat)) >= world.incarnations) continue
    const next = beginning(world, { ...state, returns: state.returns - 1 }, at, seats)
    if (isBearable(world, next)) yield [`server ${at} returns, as server ${from} knows the seats`, next]
  }
}

/** Any client tells a node what it has learned from another node. */
function* gossipSteps(world: World, state: SeatsState, at: number): Generator<Step> {
  const { seats } = state.servers[at] as Server
  const told = (text: string, from: readonly number[]): Step | undefined => {
    const next = merged(seats, from, world.supersedes)
    return next === seats
      ? undefined
      : [`server ${at} learns what ${text} knows`, withServer(state, at, { seats: next })]
  }
  for (let from = 0; from < state.servers.length; from++) {
    const other = state.servers[from] as Server
    if (other.state !== 'voting') continue
    const step = told(`server ${from}`, other.seats)
    if (step !== undefined) yield step
  }
  for (let index = 0; index < state.clients.length; index++) {
    const { phase, seats: known } = state.clients[index] as SeatsState['clients'][number]
    if (phase === 'done') continue
    const step = told(`client ${index}`, known)
    if (step !== undefined) yield step
  }
}

/** No more seats than promised are without the server that took them last. */
function isBearable(world: World, state: SeatsState): boolean {
  let absent = 0
  for (let seat = 0; seat < world.nodes; seat++) {
    const best = bestOf(world, state, seat)
    if (best === undefined) absent++
  }
  return absent <= world.absences
}

/** The voting server with the highest claim on a seat, unless a higher one is being entered. */
function bestOf(world: World, state: SeatsState, seat: number): number | undefined {
  let [best, highest] = [undefined as number | undefined, 0]
  state.servers.forEach((server, at) => {
    if (seatOf(world, at) !== seat) return
    if (server.state === 'voting') {
      const claim = claimIn(server.seats, seat)
      if (claim > highest && serverOf(world, seat, claim) === at) [best, highest] = [at, claim]
    }
  })
  state.entrants.forEach(({ seats, phase }, at) => {
    if (phase === 'none' || phase === 'superseded' || seatOf(world, at) !== seat) return
    if (claimIn(seats, seat) > highest) [best, highest] = [undefined, claimIn(seats, seat)]
  })
  return best
}
