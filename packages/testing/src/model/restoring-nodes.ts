import { ageOf, FREE, isFree, OLD, withoutClient } from './restoring-content.js'
import { abandoned } from './restoring-work.js'
import {
  has,
  replaced,
  type NodeOf,
  type RestoringState,
  type RestoringWorld,
  type Step,
} from './restoring-world.js'

export function* nodeSteps(world: RestoringWorld, state: RestoringState, at: number): Generator<Step> {
  const node = state.nodes[at] as NodeOf
  for (let client = 0; client < world.clients; client++) {
    if (!has(node.holders, client) || ageOf(node, client) !== OLD) continue
    const nodes = replaced(state.nodes, at, expired(node, client))
    yield [`the key of client ${client} on node ${at} expires`, { ...state, nodes }]
  }
  if (node.marker === 'of an earlier run') {
    const nodes = replaced(state.nodes, at, { ...node, marker: 'quarantined' as const })
    yield [`node ${at} is put into quarantine`, { ...state, nodes }]
  }
  if (state.losses === 0 || at >= world.mortal) return
  yield [`node ${at} is emptied`, afterLoss(world, state, at, 'empty')]
  if (world.broken === 'no run' && node.marker === 'quarantined') {
    const name = `node ${at} starts with a snapshot from the beginning of its quarantine`
    yield [name, afterLoss(world, state, at, 'empty', true)]
  }
  if (world.returns === 'empty') return
  if (!isFree(node.snapshot)) {
    yield [`node ${at} starts with its snapshot`, afterLoss(world, state, at, 'with its snapshot')]
  }
  // A tombstone in a snapshot is as good as nothing.
  if (node.holders === 0) return
  const saved = { ...node, snapshot: { holders: node.holders, ages: node.ages }, isOutdated: false }
  yield [`node ${at} saves a snapshot`, { ...state, nodes: replaced(state.nodes, at, saved) }]
}

/** A snapshot records when keys expire, so it does not bring back an earlier version of a key that has expired. */
function expired(node: NodeOf, client: number): NodeOf {
  const { snapshot, isOutdated } = node
  return {
    ...node,
    ...withoutClient(node, client),
    copies: node.copies & ~(1 << client),
    snapshot: isOutdated ? snapshot : withoutClient(snapshot, client),
  }
}

/**
 * The node grants nothing until a client has put it into quarantine, so that is one step with the loss. It has a new stay
 * then: what restorers still send to it has no effect, and they begin again.
 */
function afterLoss(
  world: RestoringWorld,
  state: RestoringState,
  at: number,
  kind: 'empty' | 'with its snapshot',
  isMarkerBelieved = world.broken === 'no stay',
): RestoringState {
  const clients = state.clients.map((client) =>
    has(client.granted, at) ? { ...client, forgotten: client.forgotten | (1 << at) } : client,
  )
  const node = state.nodes[at] as NodeOf
  const content = kind === 'empty' ? FREE : node.snapshot
  const lost: NodeOf = {
    ...node,
    ...content,
    copies: 0,
    marker: markerAfterLoss(world, kind),
    isOutdated: kind === 'empty' && !isFree(node.snapshot),
  }
  const next = { ...state, clients, losses: state.losses - 1, nodes: replaced(state.nodes, at, lost) }
  return isMarkerBelieved ? next : abandoned(next, at)
}

function markerAfterLoss({ broken }: RestoringWorld, kind: 'empty' | 'with its snapshot'): NodeOf['marker'] {
  if (broken === 'restarted node votes at once') return 'valid'
  const isBelieved = broken === 'a witness is listed without a new greeting' && kind !== 'empty'
  return isBelieved ? 'of an earlier run' : 'quarantined'
}
