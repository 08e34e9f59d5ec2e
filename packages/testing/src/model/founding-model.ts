import type { Model } from './explore.js'
import { fleetSteps, holdersIn } from './founding/fleet.js'
import { founderSteps } from './founding/founders.js'
import { takenUpKey } from './founding/key.js'
import {
  initialState,
  viewOf,
  type FoundingState,
  type FoundingWorld,
  type Server,
} from './founding/state.js'
import { takingUpSteps } from './founding/taking-up.js'
import { withoutSpent } from './founding/texts.js'
import { has } from './seats/bits.js'

export type { FoundingFault, FoundingWorld } from './founding/state.js'

/**
 * "Founding": founders that race and may stand still at any point, servers that are emptied in the middle, and clients
 * that lock as soon as a quorum of the servers that they see was founded with the same seats.
 */
export function foundingModel(world: FoundingWorld): Model<FoundingState> {
  if (world.halfDone === 'taken up') return takingUpModel(world)
  return {
    initial: initialState(world),
    *steps(state) {
      for (let index = 0; index < state.founders.length; index++) yield* founderSteps(world, state, index)
      yield* fleetSteps(world, state)
    },
    violation: (state) => (holdersIn(state) > 1 ? 'two leases are valid' : undefined),
    key: (state) => keyOf(world, state),
  }
}

/** Founders that may start over as often as they like, and finish what others have left. */
function takingUpModel(world: FoundingWorld): Model<FoundingState> {
  return {
    initial: initialState(world),
    *steps(state) {
      for (let index = 0; index < state.founders.length; index++) yield* takingUpSteps(world, state, index)
      for (const [name, next] of fleetSteps(world, state)) yield [name, withoutSpent(next)]
    },
    violation: (state) => (holdersIn(state) > 1 ? 'two leases are valid' : undefined),
    key: takenUpKey(world),
  }
}

/** Whether the fleet works as a whole: all servers vote, with the same seats. */
export function isFounded({ servers }: FoundingState): boolean {
  return servers.every(({ marker, seats }) => marker === 'votes' && seats === servers[0]?.seats)
}

/** Servers that all views share are interchangeable: one column of text per server, sorted. */
function keyOf(world: FoundingWorld, state: FoundingState): string {
  const columns = state.servers.map((server, at) => columnOf(world, state, server, at))
  const isShared = (at: number): boolean => world.views.every((view) => view.includes(at))
  const shared = columns.filter((_, at) => isShared(at)).sort()
  const own = columns.filter((_, at) => !isShared(at))
  const founders = state.founders.map(({ phase }) => phase).join()
  const clients = state.clients.map(({ phase, under }) => phase.charAt(0) + under.charAt(0)).join('')
  return `${shared.join(' ')}|${own.join(' ')}|${founders}|${clients}${state.losses}`
}

function columnOf(world: FoundingWorld, state: FoundingState, server: Server, at: number): string {
  const { marker, view, key, lost } = server
  let column = `${marker.charAt(0)}${view},${key}${lost.charAt(0)}`
  state.founders.forEach(({ stays, done }, index) => {
    const seat = viewOf(world, index).indexOf(at)
    column += seat < 0 ? '' : `${(stays[seat] as string).charAt(0)}${has(done, seat) ? '+' : ''}`
  })
  for (const { seen, votes } of state.clients)
    column += `${has(seen, at) ? 's' : '-'}${has(votes, at) ? 'v' : '-'}`
  return column + '.'
}
