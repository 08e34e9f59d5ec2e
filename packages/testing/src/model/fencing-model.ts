import type { Model } from './explore.js'

/**
 * The token protocol of `03-algorithm.md` ("Fencing token from the quorum") with no clock at all: a key may expire at
 * any step, a message may arrive at any time later or never, a client may propose any number that its clock shows.
 *
 * Small on purpose, so that every reachable state can be checked: a few nodes, clients, attempts and numbers.
 */
export interface FencingWorld {
  readonly nodes: number
  readonly quorum: number
  readonly clients: number
  /** Attempts of each client, re-proposals included. */
  readonly attempts: number
  /** Clocks show any number from 1 to this one. */
  readonly clock: number
  /** Whether messages may be late or lost; otherwise an attempt that ends leaves nothing in flight. */
  readonly messages: 'late' | 'prompt'
  /** How often a node may lose its data. */
  readonly restarts: number
  /** How often a holder may extend. */
  readonly extensions: number
  /** A fault planted in the protocol, to show that the check is able to fail. */
  readonly broken?: FencingFault | undefined
}

export type FencingFault =
  | 'grant without comparing tokens'
  | 'grant equal tokens'
  | 'counter deleted by release'
  | 'repair without comparing tokens'
  | 'restarted node admitted without a floor'
  | 'restarted node votes at once'
  | 'win with less than a majority'

interface NodeOf {
  /** `client * attempts + attempt + 1` of the holder, 0 for none. */
  readonly holder: number
  readonly ctr: number
  /** Lost its data and does not vote. */
  readonly out: boolean
}

interface ClientOf {
  readonly phase: 'idle' | 'asking' | 'holding'
  readonly attempt: number
  readonly token: number
  /** Highest counter that a node has returned. */
  readonly seen: number
  /** Per node: request in flight, granted, refused, or never to be answered. */
  readonly votes: readonly ('sent' | 'granted' | 'refused' | 'lost')[]
  /** Ghost: highest token handed out anywhere before this attempt began. */
  readonly before: number
  readonly extensions: number
}

interface Message {
  readonly kind: 'acquire' | 'release'
  readonly holder: number
  readonly token: number
  readonly node: number
}

export interface FencingState {
  readonly nodes: readonly NodeOf[]
  readonly clients: readonly ClientOf[]
  /** Messages of attempts that their clients have abandoned; they may still arrive. */
  readonly strays: readonly Message[]
  readonly restarts: number
  /** Ghost: all tokens handed out. */
  readonly granted: readonly number[]
  readonly wrong: string | undefined
}

export function fencingModel(world: FencingWorld): Model<FencingState> {
  return {
    initial: {
      nodes: Array.from({ length: world.nodes }, () => ({ holder: 0, ctr: 0, out: false })),
      clients: Array.from({ length: world.clients }, () => ({
        phase: 'idle' as const,
        attempt: 0,
        token: 0,
        seen: 0,
        votes: [],
        before: 0,
        extensions: world.extensions,
      })),
      strays: [],
      restarts: world.restarts,
      granted: [],
      wrong: undefined,
    },
    *steps(state) {
      for (let client = 0; client < world.clients; client++) yield* clientSteps(world, state, client)
      yield* nodeSteps(world, state)
      yield* straySteps(world, state)
    },
    violation: (state) => state.wrong,
    key: keyOf,
  }
}

type Step = readonly [string, FencingState]

function* clientSteps(world: FencingWorld, state: FencingState, index: number): Generator<Step> {
  const client = state.clients[index] as ClientOf
  const name = `client ${index}`
  if (client.phase === 'idle') {
    if (client.attempt === world.attempts) return
    // Whatever the clock shows, a proposal is above every number seen so far.
    const first = client.seen + 1
    for (let token = first; token <= Math.max(first, world.clock); token++) {
      const asking: ClientOf = {
        ...client,
        phase: 'asking',
        token,
        votes: state.nodes.map(() => 'sent'),
        before: Math.max(0, ...state.granted),
      }
      yield [`${name} proposes ${token}`, withClient(state, index, asking)]
    }
    return
  }
  if (client.phase === 'asking') {
    for (let node = 0; node < world.nodes; node++) {
      if (client.votes[node] !== 'sent') continue
      yield [`node ${node} answers ${name}`, answer(world, state, index, node)]
      if (world.messages === 'prompt') continue
      yield [
        `node ${node} applies the request of ${name}, its answer is lost`,
        answer(world, state, index, node, true),
      ]
    }
    // It may give up at any time; a client that waits forever never takes this step.
    yield [`${name} gives up`, abandon(world, state, index)]
    return
  }
  yield [`${name} releases`, abandon(world, state, index)]
  if (client.extensions > 0) yield* extensionSteps(world, state, index)
}

/** A request reaches a node, and its answer the client. */
function answer(
  world: FencingWorld,
  state: FencingState,
  index: number,
  at: number,
  lost = false,
): FencingState {
  const client = state.clients[index] as ClientOf
  const node = state.nodes[at] as NodeOf
  const grants = mayGrant(world, node, client.token)
  const nodes = grants
    ? replaced(state.nodes, at, { ...node, holder: holderOf(world, index, client), ctr: client.token })
    : state.nodes
  if (lost) {
    return withClient({ ...state, nodes }, index, { ...client, votes: replaced(client.votes, at, 'lost') })
  }
  const votes = replaced(client.votes, at, grants ? ('granted' as const) : ('refused' as const))
  const seen = grants ? client.seen : Math.max(client.seen, node.ctr)
  const heard = { ...client, votes, seen }
  const enough = world.broken === 'win with less than a majority' ? world.quorum - 1 : world.quorum
  if (votes.filter((vote) => vote === 'granted').length < enough)
    return withClient({ ...state, nodes }, index, heard)
  return {
    ...withClient({ ...state, nodes }, index, { ...heard, phase: 'holding' }),
    granted: [...state.granted, client.token].sort((a, b) => a - b),
    wrong: wrongGrant(state, client),
  }
}

function wrongGrant(state: FencingState, { token, before }: ClientOf): string | undefined {
  if (state.granted.includes(token)) return `token ${token} was handed out twice`
  if (token <= before) return `token ${token} was handed out after ${before}`
  return undefined
}

function mayGrant(world: FencingWorld, node: NodeOf, token: number): boolean {
  if (node.out || node.holder !== 0) return false
  if (world.broken === 'grant without comparing tokens') return true
  return world.broken === 'grant equal tokens' ? node.ctr <= token : node.ctr < token
}

/** Ends an attempt or a hold. What is still in flight may arrive at any time, in any order, or never. */
function abandon(world: FencingWorld, state: FencingState, index: number): FencingState {
  const client = state.clients[index] as ClientOf
  const holder = holderOf(world, index, client)
  const { token } = client
  const late: Message[] = client.votes.flatMap((vote, node): Message[] => {
    if (vote === 'sent')
      return [
        { kind: 'acquire', holder, token, node },
        { kind: 'release', holder, token, node },
      ]
    return vote === 'refused' ? [] : [{ kind: 'release', holder, token, node }]
  })
  const idle: ClientOf = {
    ...client,
    phase: 'idle',
    attempt: client.attempt + 1,
    votes: [],
    before: 0,
    token: 0,
    seen: Math.max(client.seen, token),
  }
  const ended = withClient(state, index, idle)
  if (world.messages === 'late') return { ...ended, strays: [...state.strays, ...late] }
  const nodes = state.nodes.map((node) => (node.holder === holder ? freed(world, node) : node))
  return { ...ended, nodes }
}

/** A message that is lost is one whose step is never taken. */
function* straySteps(world: FencingWorld, state: FencingState): Generator<Step> {
  for (let i = 0; i < state.strays.length; i++) {
    const message = state.strays[i] as Message
    const strays = state.strays.filter((_, other) => other !== i)
    const node = state.nodes[message.node] as NodeOf
    let after = node
    if (message.kind === 'acquire' && mayGrant(world, node, message.token)) {
      after = { ...node, holder: message.holder, ctr: message.token }
    }
    if (message.kind === 'release' && node.holder === message.holder) {
      after = freed(world, node)
    }
    yield [
      `a late ${message.kind} of ${message.token} reaches node ${message.node}`,
      { ...state, strays, nodes: replaced(state.nodes, message.node, after) },
    ]
  }
}

function freed(world: FencingWorld, node: NodeOf): NodeOf {
  return { ...node, holder: 0, ctr: world.broken === 'counter deleted by release' ? 0 : node.ctr }
}

function* nodeSteps(world: FencingWorld, state: FencingState): Generator<Step> {
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    if (node.holder !== 0) {
      yield [
        `the key on node ${at} expires`,
        { ...state, nodes: replaced(state.nodes, at, { ...node, holder: 0 }) },
      ]
    }
    if (state.restarts > 0 && !state.nodes.some((other) => other.out)) {
      const out = world.broken !== 'restarted node votes at once'
      const empty = { holder: 0, ctr: 0, out }
      yield [
        `node ${at} loses its data`,
        { ...state, restarts: state.restarts - 1, nodes: replaced(state.nodes, at, empty) },
      ]
    }
    if (node.out && isQuarantineOver(state, at)) {
      const others = state.nodes.filter((_, other) => other !== at)
      const known = Math.max(...others.map(({ ctr }) => ctr))
      const floor = world.broken === 'restarted node admitted without a floor' ? 0 : known
      yield [
        `node ${at} is admitted with ${floor}`,
        { ...state, nodes: replaced(state.nodes, at, { ...node, ctr: floor, out: false }) },
      ]
    }
  }
}

/** The quarantine outlasts every lease, and with it every round in which the node had granted before. */
function isQuarantineOver(state: FencingState, at: number): boolean {
  return !state.clients.some(({ phase, votes }) => phase === 'asking' && votes[at] === 'granted')
}

/** One extension: the nodes that still have the value, and when these are a quorum, the repair of one that does not. */
function* extensionSteps(world: FencingWorld, state: FencingState, index: number): Generator<Step> {
  const client = state.clients[index] as ClientOf
  const holder = holderOf(world, index, client)
  const spent = withClient(state, index, { ...client, extensions: client.extensions - 1 })
  if (state.nodes.filter((node) => node.holder === holder).length < world.quorum) return
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    const stale = node.ctr > client.token && world.broken !== 'repair without comparing tokens'
    if (node.holder !== 0 || stale) continue
    const repaired = { ...node, holder, ctr: client.token }
    // From now on, a release by this holder affects the node, too.
    const votes = replaced(client.votes, at, 'granted' as const)
    const next = withClient(spent, index, { ...client, extensions: client.extensions - 1, votes })
    yield [
      `client ${index} extends and repairs node ${at}`,
      { ...next, nodes: replaced(state.nodes, at, repaired) },
    ]
  }
}

function holderOf(world: FencingWorld, index: number, { attempt }: ClientOf): number {
  return index * world.attempts + attempt + 1
}

function withClient(state: FencingState, index: number, client: ClientOf): FencingState {
  return { ...state, clients: replaced(state.clients, index, client) }
}

function replaced<T>(list: readonly T[], index: number, value: T): readonly T[] {
  const copy = [...list]
  copy[index] = value
  return copy
}

/** Nodes are interchangeable, so states that differ only in their order are equal: one column of text per node, sorted. */
function keyOf(state: FencingState): string {
  const columns = state.nodes.map(({ holder, ctr, out }, at) => {
    let column = `${holder},${ctr}${out ? '!' : ''}`
    for (const { votes } of state.clients) column += votes[at]?.[0] ?? '-'
    const strays = state.strays
      .filter(({ node }) => node === at)
      .map(({ kind, holder: of }) => `${kind.charAt(0)}${of}`)
    return column + strays.sort().join('')
  })
  const clients = state.clients.map(
    (c) => `${c.phase.charAt(0)}${c.attempt},${c.token},${c.seen},${c.before},${c.extensions}`,
  )
  return `${columns.sort().join(' ')}|${clients.join(' ')}|${state.restarts}|${state.granted.join(',')}`
}
