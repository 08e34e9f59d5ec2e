import { bit, has, sizeOf } from './bits.js'
import {
  claimOf,
  incarnationOf,
  isSame,
  isSameRun,
  lifeIn,
  merged,
  seated,
  serverIn,
  textOf,
  withClaim,
  type Claim,
  type Seats,
} from './claims.js'
import { NOT_ENTERING, type Entrant } from './entrant.js'
import { FREE } from './lock-key.js'
import {
  claimIn,
  replaced,
  withEntrant,
  withServer,
  type SeatsState,
  type Server,
  type Step,
} from './state.js'
import { afterCommand } from './stamps.js'
import { placeOf, seatOf, serverOf, type World } from './world.js'

/** The state in which a server begins to enter its seat, with what its client knows. Its marker is in quarantine. */
export function beginning(world: World, state: SeatsState, server: number, seats: Seats): SeatsState {
  const seat = seatOf(world, server)
  const { life } = state.servers[server] as Server
  const claim = claimOf(incarnationOf(claimIn(seats, seat)) + 1, placeOf(world, server), runOf(world, life))
  const out = withServer(state, server, { state: 'out', seats: [] })
  const entrant: Entrant = { ...NOT_ENTERING, phase: 'entering', seats: withClaim(seats, seat, claim) }
  const begun = withEntrant(out, server, entrant)
  const marked = world.broken === 'settling from the quarantine alone' ? settlingFrom(begun, server) : begun
  return told(world, marked, server)
}

/** What tells the run of this life from those before. */
function runOf(world: World, life: number): number {
  return world.broken === 'a second loss under one claim' ? Math.min(life, 1) : life
}

/** "Written, in one round no older than FRESHNESS, to M of the other nodes." */
export function* enteringSteps(world: World, state: SeatsState, server: number): Generator<Step> {
  const { phase, seats, taken } = state.entrants[server] as Entrant
  const seat = seatOf(world, server)
  if (phase === 'none' || phase === 'superseded') return
  if (phase === 'entering') {
    for (const at of others(world, seats, seat)) {
      if ((state.servers[at] as Server).state !== 'voting' || has(taken, at)) continue
      const known = takes(world, (state.servers[at] as Server).seats, seats, seat)
      if (known === undefined) continue
      const told = withServer(state, at, { seats: known })
      yield [`server ${at} takes claim ${textOf(claimIn(seats, seat))}`, afterTaking(world, told, server, at)]
    }
  }
  yield* learningSteps(world, state, server)
}

/** What a marker knows after taking the claim of `stamp` on a seat, or `undefined` if it refuses. */
function takes(world: World, marker: Seats, stamp: Seats, seat: number): Seats | undefined {
  const [claim, old] = [claimIn(stamp, seat), claimIn(marker, seat)]
  const isAnotherRun = incarnationOf(claim) === incarnationOf(old) && !isSameRun(claim, old)
  const isIgnored = world.broken === 'two runs under one incarnation counted' && isAnotherRun
  if (!isSameRun(claim, old) && !isIgnored && !world.supersedes(claim, old)) return undefined
  const taken = withClaim(marker, seat, claim)
  return world.rules.entering === 'under any stamp' ? taken : afterCommand(world, taken, stamp)
}

function afterTaking(world: World, state: SeatsState, server: number, at: number): SeatsState {
  const entrant = state.entrants[server] as Entrant
  const taken = entrant.taken | bit(at)
  if (sizeOf(taken) < world.others) return withEntrant(state, server, { ...entrant, taken })
  const { settles, ties } = world.rules
  const phase = settles ? 'settling' : 'listing'
  const seat = seatOf(world, server)
  const { seats } = entrant
  const known = ties === 'seated' ? withClaim(seats, seat, seated(claimIn(seats, seat))) : seats
  const next: Entrant = { ...entrant, seats: known, phase, taken: 0, seen: 0 }
  const entered = told(world, withEntrant(state, server, next), server)
  const isMarked = phase === 'listing' || world.broken === 'settling from the quarantine alone'
  return isMarked ? entered : settlingFrom(entered, server)
}

/** The client of the entrant learns from a node that refuses its commands, since that knows more than it does. */
function* learningSteps(world: World, state: SeatsState, server: number): Generator<Step> {
  const entrant = state.entrants[server] as Entrant
  const seat = seatOf(world, server)
  for (const at of [server, ...others(world, entrant.seats, seat)]) {
    const other = state.servers[at] as Server
    if (other.state !== 'voting' && (at !== server || other.seats.length === 0)) continue
    const claim = afterLearning(world, server, entrant, claimIn(other.seats, seat))
    if (claim === undefined) {
      yield [
        `the client of server ${server} learns from server ${at} that it is superseded`,
        superseded(state, server),
      ]
      continue
    }
    const seats = withClaim(merged(entrant.seats, other.seats, world.supersedes), seat, claim)
    if (isSame(seats, entrant.seats)) continue
    const isSameClaim = isSameRun(claim, claimIn(entrant.seats, seat))
    if (incarnationOf(claim) > world.incarnations) continue
    const next = isSameClaim
      ? afterNews(world, entrant, seats)
      : { ...NOT_ENTERING, phase: 'entering' as const, seats }
    yield [
      `the client of server ${server} learns from server ${at}`,
      told(world, withEntrant(state, server, next), server),
    ]
  }
}

function afterNews(world: World, entrant: Entrant, seats: Seats): Entrant {
  const { learning } = world.rules
  if (learning === 'enters again') return { ...NOT_ENTERING, phase: 'entering', seats }
  return learning === 'continues' ? { ...entrant, seats } : { ...entrant, seats, listed: 0, found: FREE }
}

/** The claim with which the entrant continues, or `undefined` if another server has superseded its own. */
function afterLearning(world: World, server: number, { seats }: Entrant, known: Claim): Claim | undefined {
  const seat = seatOf(world, server)
  const own = claimIn(seats, seat)
  if (isSameRun(known, own)) return Math.max(known, own)
  if (world.supersedes(own, known)) return own
  const isOther = serverOf(world, seat, known) !== server
  if (isOther && incarnationOf(known) > incarnationOf(own)) return undefined
  // "Who cannot have it any more enters the next number."
  return claimOf(incarnationOf(known) + 1, serverIn(own), lifeIn(own))
}

function superseded(state: SeatsState, server: number): SeatsState {
  return withEntrant(state, server, { ...NOT_ENTERING, phase: 'superseded' })
}

/** From here on, rounds under way will be too old when `server` has settled. A round without a vote may begin later. */
function settlingFrom(state: SeatsState, server: number): SeatsState {
  const clients = state.clients.map((client) =>
    client.votes === 0 ? client : { ...client, seen: client.seen | bit(server) },
  )
  const entrants = state.entrants.map((entrant) =>
    entrant.taken === 0 ? entrant : { ...entrant, seen: entrant.seen | bit(server) },
  )
  return { ...state, clients, entrants }
}

/** What the marker of the entering server knows, while it is in quarantine. */
export function told(world: World, state: SeatsState, server: number): SeatsState {
  const { quarantined } = world.rules
  const { phase, seats } = state.entrants[server] as Entrant
  const isKnown =
    quarantined === 'extends at once' ||
    (quarantined === 'extends when M took its claim' && phase === 'settling') ||
    (quarantined !== 'refuses' && phase === 'listing')
  return withServer(state, server, { seats: isKnown ? seats : [] })
}

/** Servers that hold the other seats, as the client knows them. */
export function* others(world: World, seats: Seats, seat: number): Generator<number> {
  for (let other = 0; other < world.nodes; other++) {
    if (other !== seat) yield serverOf(world, other, claimIn(seats, other))
  }
}

/** Rounds of entering that a restorer has outlasted begin again. */
export function enteringsTooOld(world: World, state: SeatsState, restorer: number): SeatsState {
  let { entrants } = state
  state.entrants.forEach((entrant, at) => {
    if (!has(entrant.seen, restorer)) return
    const seen = entrant.seen & ~bit(restorer)
    const isCounted = world.broken === 'an old entering counted'
    entrants = replaced(entrants, at, isCounted ? { ...entrant, seen } : { ...entrant, taken: 0, seen: 0 })
  })
  return { ...state, entrants }
}
