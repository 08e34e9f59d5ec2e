import type { Model } from './explore.js'
import { enteringSteps } from './seats/entering.js'
import { restoringSteps } from './seats/restoring.js'
import { clientSteps } from './seats/rounds.js'
import { serverSteps } from './seats/servers.js'
import { initialState, isHolder, type SeatsState } from './seats/state.js'
import { keyIn } from './seats/symmetry.js'
import { completed, type SeatsWorld } from './seats/world.js'

export type { SeatsFault, SeatsRules, SeatsWorld } from './seats/world.js'

/**
 * "A server enters a seat", with one lock and no clock at all: a message may take any time, a key expires as soon as no
 * lease counts on it, and FRESHNESS is the promise that a round which began before a restorer settled is over after it.
 */
export function seatsModel(of: SeatsWorld): Model<SeatsState> {
  const world = completed(of)
  return {
    initial: initialState(world),
    *steps(state) {
      // Where fewer than two clients can still hold the lock, nothing can go wrong any more.
      if (state.clients.filter(({ phase }) => phase !== 'done').length < 2) return
      for (let client = 0; client < state.clients.length; client++) yield* clientSteps(world, state, client)
      yield* serverSteps(world, state)
      for (let server = 0; server < state.servers.length; server++) {
        yield* enteringSteps(world, state, server)
        yield* restoringSteps(world, state, server)
      }
    },
    violation: ({ clients }) => (clients.filter(isHolder).length > 1 ? 'two leases are valid' : undefined),
    key: keyIn(world),
  }
}
