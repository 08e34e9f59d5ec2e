import { bit, has, sizeOf } from '../seats/bits.js'
import {
  answersNeeded,
  replaced,
  viewOf,
  withFounder,
  withoutStay,
  withServer,
  type Founder,
  type FoundingState,
  type FoundingWorld,
  type Server,
  type Step,
} from './state.js'

/** "Founding": all are greeted, then greeted again, then told. A founder may stand still at any point, for any time. */
export function* founderSteps(world: FoundingWorld, state: FoundingState, index: number): Generator<Step> {
  const founder = state.founders[index] as Founder
  const view = viewOf(world, index)
  for (let seat = 0; seat < view.length; seat++) {
    const at = view[seat] as number
    if (founder.phase === 'looks') yield* firstLook(world, state, index, seat, at)
    if (founder.phase === 'looks again') yield* secondLook(world, state, index, seat, at)
    if (founder.phase === 'founds') yield* order(world, state, index, seat, at)
    if (founder.phase === 'opens') yield* opening(world, state, index, at)
  }
  const answered = founder.stays.filter((stay) => stay !== 'unknown').length
  if (founder.phase === 'looks' && answered >= answersNeeded(world, view)) {
    const phase = world.broken === 'founding without the second look' ? 'founds' : 'looks again'
    yield [`founder ${index} ${phase}`, withFounder(state, index, { phase, done: 0 })]
  }
  if (founder.phase === 'looks again' && sizeOf(founder.done) === answered)
    yield [`founder ${index} founds`, withFounder(state, index, { phase: 'founds', done: 0 })]
  if (founder.phase === 'founds' && sizeOf(founder.done) >= answersNeeded(world, view) && opensLate(world))
    yield [`founder ${index} opens`, withFounder(state, index, { phase: 'opens', done: 0 })]
}

function opensLate(world: FoundingWorld): boolean {
  return world.opening === 'when all are founded'
}

function* opening(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { marker, view } = state.servers[at] as Server
  if (marker === 'founded' && view === world.founders[index])
    yield [`server ${at} is opened by founder ${index}`, withServer(state, at, { marker: 'votes' })]
}

/** A server without a marker answers (of an old fleet, one with an old marker); a stay is planted where none stands. */
function* firstLook(
  world: FoundingWorld,
  state: FoundingState,
  index: number,
  seat: number,
  at: number,
): Generator<Step> {
  const { stays } = state.founders[index] as Founder
  const { marker, view } = state.servers[at] as Server
  const own = world.founders[index] as number
  if (stays[seat] !== 'unknown' || marker !== (world.markers ?? 'none')) return
  if (view >= 0 && view !== own && world.stays === 'for one list of seats') return
  const planted = view >= 0 ? state : withServer(state, at, { view: own })
  yield [
    `server ${at} answers founder ${index}`,
    withFounder(planted, index, { stays: replaced(stays, seat, 'stands') }),
  ]
}

function* secondLook(
  world: FoundingWorld,
  state: FoundingState,
  index: number,
  seat: number,
  at: number,
): Generator<Step> {
  const { stays, done } = state.founders[index] as Founder
  if (stays[seat] === 'unknown' || has(done, seat) || !isStill(world, state, index, seat, at)) return
  yield [`server ${at} answers founder ${index} again`, withFounder(state, index, { done: done | bit(seat) })]
}

/** `found` reaches a server, which takes it if it is as it was when the founder looked. */
function* order(
  world: FoundingWorld,
  state: FoundingState,
  index: number,
  seat: number,
  at: number,
): Generator<Step> {
  const { stays, done } = state.founders[index] as Founder
  const isBlind = world.broken === 'taking over without a look'
  if ((stays[seat] === 'unknown' && !isBlind) || has(done, seat)) return
  const sent = withFounder(state, index, { done: done | bit(seat) })
  const view = world.founders[index] as number
  const { marker, view: founded, lost } = state.servers[at] as Server
  if (isBlind ? marker === 'old' : isStill(world, state, index, seat, at)) {
    const change: Partial<Server> = {
      marker: opensLate(world) ? 'founded' : 'votes',
      view,
      lost: lost === 'marker' ? 'nothing' : lost,
    }
    yield [
      `server ${at} is founded by founder ${index}`,
      withServer(withoutStay(world, sent, at), at, change),
    ]
  } else if ((marker === 'founded' || marker === 'votes') && founded === view && opensLate(world)) {
    yield [`server ${at} tells founder ${index} that it has been founded with its seats`, sent]
  }
}

function isStill(
  world: FoundingWorld,
  state: FoundingState,
  index: number,
  seat: number,
  at: number,
): boolean {
  const { marker } = state.servers[at] as Server
  if (marker !== (world.markers ?? 'none')) return false
  return world.broken === 'founding without the stay' || state.founders[index]?.stays[seat] === 'stands'
}
