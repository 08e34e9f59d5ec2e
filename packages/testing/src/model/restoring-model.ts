import type { Model } from './explore.js'
import { ASKING, clientSteps } from './restoring-clients.js'
import { FREE } from './restoring-content.js'
import { keyIn } from './restoring-key.js'
import { nodeSteps } from './restoring-nodes.js'
import { misreading } from './restoring-readers.js'
import { restorerSteps } from './restoring-restorers.js'
import { IDLE, type RestoringState, type RestoringWorld } from './restoring-world.js'

/**
 * Restoring a node that lost its data (`09-restoring.md`, "Restoring"): never are two leases valid that exclude each other.
 *
 * The model allows more than servers and clients can do, so that it stays small enough to visit every reachable state
 * with any number of attempts, extensions and losses:
 *
 * - Time: a key may expire at any step, unless a valid lease, or an attempt that may still be won, rests on it. An attempt
 *   whose keys expire is one that has ended. A lease may end at any step.
 * - Late and lost messages: a request that has not arrived may arrive at any step or never, and a vote counts when it is
 *   given, since a client that learns of it later has only fewer choices. A restarted or emptied node takes no request
 *   that was sent before, because it has another marker.
 * - Releases and rollbacks are not modelled: once a lease or an attempt has ended, its keys may vanish at any step, on
 *   any node, or stay.
 * - Other clients: violations concern two leases, so all other values are leftovers. Any free key may hold one at the
 *   moment at which a restorer reads it.
 * - Other keys: a node may ignore any request, as if another key of the same lock were taken. A listing with many pages
 *   sees each key at some moment between its beginning and its end.
 * - Repairs, and late requests of a lock that was won, may reach a free node at any time while the lease is valid. They are
 *   no votes.
 * - A restorer may take as long as it likes, die, and send a page again. What it sends after another loss of its target
 *   has no effect, so its work ends with that loss.
 */
export function restoringModel(world: RestoringWorld): Model<RestoringState> {
  return {
    initial: {
      nodes: Array.from({ length: world.nodes }, () => ({
        ...FREE,
        copies: 0,
        marker: 'valid' as const,
        snapshot: FREE,
        isOutdated: false,
      })),
      clients: Array.from({ length: world.clients }, () => ASKING),
      restorers: Array.from({ length: world.restorers }, () => IDLE),
      losses: world.losses,
      wrong: undefined,
    },
    *steps(state) {
      for (let client = 0; client < world.clients; client++) yield* clientSteps(world, state, client)
      for (let at = 0; at < world.nodes; at++) yield* nodeSteps(world, state, at)
      for (let restorer = 0; restorer < world.restorers; restorer++)
        yield* restorerSteps(world, state, restorer)
    },
    violation: (state) => state.wrong ?? misreading(world, state),
    key: keyIn(world),
  }
}
