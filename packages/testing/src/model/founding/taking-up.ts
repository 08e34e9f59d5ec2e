import { bit, has, sizeOf } from '../seats/bits.js'
import {
  replaced,
  withFounder,
  withServer,
  type Founder,
  type FoundingState,
  type FoundingWorld,
  type Server,
  type Step,
} from './state.js'
import { canBeOpened, fresh, names, opened, withoutLook, withoutSpent, withPresentText } from './texts.js'

/**
 * "Founding" that takes up what another founder left half done: servers that were founded but not opened get the seats
 * that name the stamps of now. A founder may stand still at any point, for any time, or start over.
 */
export function* takingUpSteps(world: FoundingWorld, state: FoundingState, index: number): Generator<Step> {
  for (let at = 0; at < state.servers.length; at++) {
    for (const [name, next] of stepsAt(world, state, index, at)) yield [name, withoutSpent(next)]
  }
  const founder = state.founders[index] as Founder
  const { phase, stays, done, seats } = founder
  const count = state.servers.length
  if (phase === 'looks' && stays.every((stay) => stay === 'stands')) {
    const [next, present] = withPresentText(state)
    yield [`founder ${index} looks again`, withFounder(next, index, { phase: 'looks again', seats: present })]
  }
  if (phase === 'looks again' && sizeOf(done) === count)
    yield [`founder ${index} founds`, withFounder(state, index, { phase: 'founds', done: 0 })]
  const enough = world.broken === 'opening after a majority was founded' ? Math.floor(count / 2) + 1 : count
  if (phase === 'founds' && sizeOf(done) >= enough)
    yield [`founder ${index} opens`, withFounder(state, index, { ...fresh(founder), phase: 'opens', seats })]
  if (phase !== 'looks' || stays.includes('stands'))
    yield [`founder ${index} starts over`, withFounder(state, index, fresh(founder))]
}

function* stepsAt(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { phase } = state.founders[index] as Founder
  const looksLate = world.broken === 'opening what was looked at after the vote'
  if (phase === 'looks' || (phase === 'opens' && looksLate)) yield* firstLook(world, state, index, at)
  if (phase === 'looks' && world.beside === 'named stamps') yield* vote(state, index, at)
  if (phase === 'looks again') yield* secondLook(world, state, index, at)
  if (phase === 'founds') yield* order(world, state, index, at)
  if (phase === 'opens') yield* opening(world, state, index, at)
}

/** A server that was not opened answers, with its seats if it has any; a stay is planted where there is no stamp. */
function* firstLook(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { stays } = state.founders[index] as Founder
  const { marker, view } = state.servers[at] as Server
  if (stays[at] !== 'unknown' || !canBeTakenUp(world, marker)) return
  const planted = view >= 0 ? state : withServer(state, at, { view: 0 })
  const seen = withFounder(planted, index, { stays: replaced(stays, at, 'stands') })
  yield [`server ${at} answers founder ${index}`, seen]
}

/** Instead of founding, it opens those of the servers seen so far that the seats of this one name. */
function* vote(state: FoundingState, index: number, at: number): Generator<Step> {
  const { stays } = state.founders[index] as Founder
  const { marker, seats } = state.servers[at] as Server
  if (marker !== 'votes') return
  const named = stays.map((stay, other) => (stay === 'unknown' || names(state, seats, other) ? stay : 'gone'))
  const sees = withFounder(state, index, { phase: 'opens', stays: named, seats })
  yield [`founder ${index} sees server ${at} vote`, sees]
}

function* secondLook(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { done } = state.founders[index] as Founder
  if (has(done, at) || !isStill(world, state, index, at)) return
  yield [`server ${at} answers founder ${index} again`, withFounder(state, index, { done: done | bit(at) })]
}

/** `found` carries the stamp and the seats of the first look, and the server compares both. */
function* order(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { stays, done, seats } = state.founders[index] as Founder
  if (has(done, at)) return
  const sent = withFounder(state, index, { done: done | bit(at), stays: replaced(stays, at, 'gone') })
  if (state.servers[at]?.seats === seats) {
    yield [`server ${at} tells founder ${index} that it has been founded with its seats`, sent]
  } else if (isStill(world, state, index, at)) {
    const founded = withServer(withoutLook(world, sent, at), at, { marker: 'founded', seats })
    yield [`server ${at} is founded by founder ${index}`, founded]
  }
}

/** `open` reaches a server, which takes it if it has these seats, or if it is as it was when it was looked at. */
function* opening(world: FoundingWorld, state: FoundingState, index: number, at: number): Generator<Step> {
  const { stays, seats } = state.founders[index] as Founder
  const server = state.servers[at] as Server
  if (server.marker !== 'founded') return
  if (server.seats !== seats && (stays[at] !== 'stands' || !canBeOpened(world, state, at, seats))) return
  yield [`server ${at} is opened by founder ${index}`, opened(world, state, at, seats)]
}

function isStill(world: FoundingWorld, state: FoundingState, index: number, at: number): boolean {
  const { marker } = state.servers[at] as Server
  return state.founders[index]?.stays[at] === 'stands' && canBeTakenUp(world, marker)
}

function canBeTakenUp({ broken }: FoundingWorld, marker: Server['marker']): boolean {
  return marker !== 'votes' || broken === 'taking up an opened node'
}
