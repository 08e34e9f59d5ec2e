import { bit, has, sizeOf } from './bits.js'
import { withClaim, type Seats } from './claims.js'
import { enteringsTooOld, others, told } from './entering.js'
import { NOT_ENTERING, type Entrant } from './entrant.js'
import { together } from './lock-key.js'
import { roundsTooOld } from './rounds.js'
import {
  claimIn,
  withEntrant,
  withServer,
  written,
  type SeatsState,
  type Server,
  type Step,
} from './state.js'
import { afterCommand } from './stamps.js'
import { seatOf, type World } from './world.js'

/** "Restoring", coarsely: settle, list the key witness by witness, then give back and admit in one step. */
export function* restoringSteps(world: World, state: SeatsState, server: number): Generator<Step> {
  const entrant = state.entrants[server] as Entrant
  if (entrant.phase === 'settling')
    yield [`the restorer of server ${server} has settled`, settled(world, state, server)]
  if (entrant.phase !== 'listing') return
  const seat = seatOf(world, server)
  for (const at of others(world, entrant.seats, seat)) {
    const witness = state.servers[at] as Server
    if (witness.state !== 'voting' || has(entrant.listed, at)) continue
    const known = lists(world, witness.seats, entrant.seats, seat)
    if (known === undefined) continue
    const [listed, found] = [entrant.listed | bit(at), together(entrant.found, witness.key)]
    const after = withEntrant(withServer(state, at, { seats: known }), server, { ...entrant, listed, found })
    yield [`server ${at} is listed for server ${server}`, after]
  }
  const own = (state.servers[server] as Server).seats
  const isCurrent = own.length === 0 || afterCommand(world, own, entrant.seats) !== undefined
  if (sizeOf(entrant.listed) >= world.others && isCurrent)
    yield [`server ${server} is restored and admitted`, admitted(world, state, server)]
}

/** What a witness knows after listing its key, or `undefined` if it refuses. */
function lists(world: World, marker: Seats, stamp: Seats, seat: number): Seats | undefined {
  const { listing } = world.rules
  if (listing === 'under any stamp') return marker
  if (listing === 'under one stamp') return afterCommand(world, marker, stamp)
  const isCurrent = afterCommand(world, withClaim(marker, seat, claimIn(stamp, seat)), stamp) !== undefined
  return isCurrent ? withClaim(stamp, seat, claimIn(marker, seat)) : undefined
}

function settled(world: World, state: SeatsState, server: number): SeatsState {
  const young = enteringsTooOld(world, roundsTooOld(world, state, server), server)
  const listing = withEntrant(young, server, { ...(young.entrants[server] as Entrant), phase: 'listing' })
  return told(world, listing, server)
}

function admitted(world: World, state: SeatsState, server: number): SeatsState {
  const { seats, found } = state.entrants[server] as Entrant
  const { key } = state.servers[server] as Server
  const restored = written(world, state, server, together(key, found))
  return withEntrant(withServer(restored, server, { state: 'voting', seats }), server, NOT_ENTERING)
}
