import { ageOf, CURRENT, isTombstone } from './restoring-content.js'
import { has, type NodeOf, type RestoringState, type RestoringWorld } from './restoring-world.js'

/**
 * A client that asks all nodes whether the key is held. A node in quarantine may have forgotten the value, and a tombstone
 * may stand for it, so both count for any value. This is also why restoring is safe: a valid lease has a quorum of nodes
 * that have its value, a tombstone in its place, or no vote.
 */
export function misreading(world: RestoringWorld, state: RestoringState): string | undefined {
  if (!world.readers) return undefined
  for (const [client, { holding }] of state.clients.entries()) {
    if (!holding) continue
    const held = state.nodes.filter((node) => mayHold(world, node, client)).length
    if (held < world.quorum) return 'a valid lease is not seen'
  }
  return undefined
}

function mayHold({ broken }: RestoringWorld, node: NodeOf, client: number): boolean {
  if (has(node.holders, client)) return true
  if (node.marker !== 'valid') return broken !== 'a reader believes a node in quarantine'
  const isBlocked = isTombstone(node) && ageOf(node, client) >= CURRENT
  return isBlocked && broken !== 'a reader overlooks tombstones'
}
