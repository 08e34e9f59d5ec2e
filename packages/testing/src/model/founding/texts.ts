import { bit, has } from '../seats/bits.js'
import {
  replaced,
  withFounder,
  withoutStay,
  withServer,
  type Founder,
  type FoundingState,
  type FoundingWorld,
} from './state.js'

/**
 * The text that names the present stamps of all servers. Founders that see the same stamps write the same text, and a
 * stamp that is gone never comes back, so no other text can be written any more.
 */
export function withPresentText(state: FoundingState): readonly [next: FoundingState, seats: number] {
  const all = bit(state.servers.length) - 1
  const known = state.texts.indexOf(all)
  if (known >= 0) return [state, known + 1]
  let free = 0
  while (isUsed(state, free + 1)) free++
  const texts = [...state.texts]
  texts[free] = all
  return [{ ...state, texts }, free + 1]
}

function isUsed({ servers, founders, clients }: FoundingState, text: number): boolean {
  return [...servers, ...founders, ...clients].some(({ seats }) => seats === text)
}

export function names(state: FoundingState, seats: number, at: number): boolean {
  return has(state.texts[seats - 1] ?? 0, at)
}

/** Whether a founded server may be opened where one votes with these seats. */
export function canBeOpened(world: FoundingWorld, state: FoundingState, at: number, seats: number): boolean {
  return state.servers[at]?.seats === seats || (world.beside === 'named stamps' && names(state, seats, at))
}

export function opened(world: FoundingWorld, state: FoundingState, at: number, seats: number): FoundingState {
  if (world.halfDone !== 'taken up') return withServer(state, at, { marker: 'votes' })
  return withServer(withoutLook(world, state, at), at, { marker: 'votes', seats, lost: 'nothing' })
}

/** A server that lost its stamp: its stay lapsed, or it was emptied, or it entered its seat. */
export function withNewStamp(world: FoundingWorld, state: FoundingState, at: number): FoundingState {
  if (world.halfDone !== 'taken up') return withoutStay(world, state, at)
  const texts = state.texts.map((named) => named & ~bit(at))
  return withoutStay(world, { ...withoutLook(world, state, at), texts }, at)
}

/**
 * A server that is no more as founders saw it. Under one stamp, seats that were replaced never stand again: of two
 * texts that are written, the later one names stamps that all stood at a later time.
 */
export function withoutLook(world: FoundingWorld, state: FoundingState, at: number): FoundingState {
  const founders = state.founders.map((founder): Founder => {
    const { phase, stays, done } = founder
    if (stays[at] !== 'stands') return founder
    // It would find this out in its second look, and start over.
    if (phase === 'looks' || (phase === 'looks again' && !has(done, at))) return fresh(founder)
    if (world.broken === 'taking up without comparing the seats') return founder
    return { ...founder, stays: replaced(stays, at, 'gone') }
  })
  return { ...state, founders }
}

/** A founder whose orders no server takes any more might as well start over. */
export function withoutSpent(state: FoundingState): FoundingState {
  const all = bit(state.servers.length) - 1
  let next = state
  state.founders.forEach((founder, index) => {
    const { phase, stays, seats } = founder
    if (phase !== 'founds' && phase !== 'opens') return
    if (stays.includes('stands') || state.texts[seats - 1] === all) return
    const others = state.founders.filter((_, other) => other !== index)
    if ([...state.servers, ...others].some((other) => other.seats === seats)) return
    next = withFounder(next, index, fresh(founder))
  })
  return next
}

export function fresh({ stays }: Founder): Founder {
  return { phase: 'looks', stays: stays.map(() => 'unknown'), done: 0, seats: 0 }
}
