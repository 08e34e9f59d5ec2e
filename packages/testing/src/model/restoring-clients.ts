import {
  admits,
  afterAbandoning,
  afterExtension,
  ageOf,
  CURRENT,
  NONE,
  OLD,
  PENDING,
  withHolder,
  withoutClient,
  withoutEnded,
} from './restoring-content.js'
import {
  has,
  replaced,
  sizeOf,
  type ClientOf,
  type Content,
  type Found,
  IDLE,
  type NodeOf,
  type RestorerOf,
  type RestoringState,
  type RestoringWorld,
  type Step,
} from './restoring-world.js'

export const ASKING: ClientOf = { holding: false, granted: 0, forgotten: 0 }
const HOLDING: ClientOf = { holding: true, granted: 0, forgotten: 0 }

export function* clientSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const client = state.clients[index] as ClientOf
  if (client.holding) {
    yield [`client ${index} has released its lock, or lets it expire`, ended(state, index)]
    if (world.extensions) yield* extensionSteps(world, state, index)
    return
  }
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    if (node.marker !== 'valid' || has(client.granted, at) || !admits(world, node, index)) continue
    yield [`node ${at} grants client ${index} the lock`, granted(world, state, index, at, CURRENT)]
  }
  if (client.granted !== 0) yield [`client ${index} gives up`, ended(state, index)]
}

function* extensionSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const client = state.clients[index] as ClientOf
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    if (node.marker === 'of an earlier run') continue
    if (has(node.holders, index)) {
      if (has(client.granted, at) || (node.marker === 'quarantined' && world.inQuarantine === 'refuses'))
        continue
      yield [`node ${at} extends the lock of client ${index}`, granted(world, state, index, at, PENDING)]
    } else if (mayBeRepaired(world, node) && admits(world, node, index)) {
      yield [`node ${at} is repaired by client ${index}`, repaired(state, index, at)]
    }
  }
  if (client.granted !== 0) {
    yield [`client ${index} does not win its round of extension`, roundAbandoned(state, index)]
  }
}

function mayBeRepaired(world: RestoringWorld, { marker }: NodeOf): boolean {
  return marker === 'valid' || world.broken === 'repaired in quarantine'
}

/** A node writes the key, and the client counts its vote. */
function granted(
  world: RestoringWorld,
  state: RestoringState,
  index: number,
  at: number,
  age: number,
): RestoringState {
  const client = state.clients[index] as ClientOf
  const node = state.nodes[at] as NodeOf
  const isTouched = age !== PENDING || world.broken !== 'a copy is tidied after an extension'
  const copies = isTouched ? node.copies & ~(1 << index) : node.copies
  const written = { ...node, ...withHolder(node, index, age), copies }
  const next = { ...state, nodes: replaced(state.nodes, at, written) }
  const votes = client.granted | (1 << at)
  if (sizeOf(votes) >= world.quorum) return won(world, next, index)
  return withClient(next, index, { ...client, granted: votes })
}

function won(world: RestoringWorld, state: RestoringState, index: number): RestoringState {
  const wasHolding = (state.clients[index] as ClientOf).holding
  const holding = withClient(roundOver(state, index), index, HOLDING)
  if (wasHolding) return mapped(holding, (content) => afterExtension(content, index))
  const others = state.clients.filter(
    (other, i) => other.holding && !(i < world.shared && index < world.shared),
  )
  return others.length === 0 ? holding : { ...holding, wrong: 'two leases are valid' }
}

/**
 * With the oldest age that it can have: by the time it arrives, the repair, or a late request of acquisition, may be
 * older than the lease.
 */
function repaired(state: RestoringState, index: number, at: number): RestoringState {
  const node = state.nodes[at] as NodeOf
  return { ...state, nodes: replaced(state.nodes, at, { ...node, ...withHolder(node, index, OLD) }) }
}

/** The lease or the attempt is over. Its keys may vanish at any time from now on, by a release or by expiring. */
export function ended(state: RestoringState, index: number): RestoringState {
  const asking = withClient(roundOver(state, index), index, ASKING)
  const nodes = asking.nodes.map((node) => withoutValue(node, index))
  const restorers = asking.restorers.map((restorer) => having(restorer, withoutEnded(restorer.found, index)))
  return { ...asking, nodes, restorers }
}

function withoutValue(node: NodeOf, client: number): NodeOf {
  const { snapshot, copies } = node
  if (ageOf(node, client) === NONE && ageOf(snapshot, client) === NONE) return node
  const rest = withoutClient(node, client)
  return { ...node, ...rest, copies: copies & ~(1 << client), snapshot: withoutClient(snapshot, client) }
}

export function roundAbandoned(state: RestoringState, index: number): RestoringState {
  const holding = withClient(roundOver(state, index), index, HOLDING)
  return mapped(holding, (content) => afterAbandoning(content, index))
}

function roundOver(state: RestoringState, index: number): RestoringState {
  const restorers = state.restorers.map((restorer) =>
    has(restorer.rounds, index) ? { ...restorer, rounds: restorer.rounds & ~(1 << index) } : restorer,
  )
  return { ...state, restorers }
}

function mapped(state: RestoringState, change: <T extends Content>(content: T) => T): RestoringState {
  return {
    ...state,
    nodes: state.nodes.map((node) => ({ ...change(node), snapshot: change(node.snapshot) })),
    restorers: state.restorers.map((restorer) => having(restorer, change(restorer.found))),
  }
}

/** When what was to be tidied may vanish on its own, the work is done. */
function having(restorer: RestorerOf, found: Found): RestorerOf {
  if (found === restorer.found) return restorer
  return restorer.phase === 'tidying' && found.ages === 0 ? IDLE : { ...restorer, found }
}

function withClient(state: RestoringState, index: number, client: ClientOf): RestoringState {
  return { ...state, clients: replaced(state.clients, index, client) }
}
