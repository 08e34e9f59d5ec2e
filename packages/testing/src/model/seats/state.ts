import { FOUNDED, type Claim, type Seats } from './claims.js'
import { faded, FREE, OVER, type LockKey, type Value } from './lock-key.js'
import { NOT_ENTERING, type Entrant } from './entrant.js'
import type { World } from './world.js'

/** A server process. The first N hold the seats in the beginning; the others may take the place of one of them. */
export interface Server {
  /** `spare`: not started yet. `out`: in quarantine or without a marker, so that it does not grant. */
  readonly state: 'spare' | 'voting' | 'out'
  /** How often it has lost its data. */
  readonly life: number
  /** What its marker knows; empty where no stamp can match. */
  readonly seats: Seats
  /** Of a spare: what its predecessor had before the last write. */
  readonly key: LockKey
}

export interface Client {
  readonly phase: 'idle' | 'asking' | 'holding' | 'extending' | 'done'
  readonly value: Value
  /** Attempts and extensions that it may still begin. */
  readonly attempts: number
  readonly extensions: number
  /** The round under way or the last one, 0 for the acquire. */
  readonly round: number
  /** The round on which the lease rests. */
  readonly lease: number
  /** What it knows, which is the stamp of its last round. */
  readonly seats: Seats
  /** Servers that have granted in the round under way, as bits. */
  readonly votes: number
  /** Restorers that began to settle while the round was under way, as bits: when they have settled it is too old. */
  readonly seen: number
}

export interface SeatsState {
  readonly servers: readonly Server[]
  readonly clients: readonly Client[]
  /** Of each server the client that enters a seat with it and restores it. */
  readonly entrants: readonly Entrant[]
  readonly losses: number
  readonly returns: number
}

export type Step = readonly [name: string, next: SeatsState]

const DONE: Client = {
  phase: 'done',
  value: 0,
  attempts: 0,
  extensions: 0,
  round: 0,
  lease: 0,
  seats: [],
  votes: 0,
  seen: 0,
}

export function foundedSeats(world: World): Seats {
  return Array.from({ length: world.nodes }, () => FOUNDED)
}

export function initialState(world: World): SeatsState {
  const seats = foundedSeats(world)
  const count = world.nodes + world.replacements.length
  return {
    servers: Array.from({ length: count }, (_, server) => {
      const takesPart = server < world.nodes
      return { state: takesPart ? 'voting' : 'spare', life: 0, seats: takesPart ? seats : [], key: FREE }
    }),
    clients: world.clients.map(({ attempts, extensions }, index) => ({
      ...DONE,
      phase: 'idle',
      value: firstValueOf(world, index),
      attempts,
      extensions,
      seats,
    })),
    entrants: Array.from({ length: count }, () => NOT_ENTERING),
    losses: world.losses,
    returns: world.returns,
  }
}

export function attemptsPerClient(world: World): number {
  return Math.max(...world.clients.map(({ attempts }) => attempts))
}

function firstValueOf(world: World, client: number): Value {
  return client * attemptsPerClient(world) + 1
}

export function isHolder({ phase }: Client): boolean {
  return phase === 'holding' || phase === 'extending'
}

export function withServer(state: SeatsState, server: number, change: Partial<Server>): SeatsState {
  const old = state.servers[server] as Server
  return { ...state, servers: replaced(state.servers, server, { ...old, ...change }) }
}

export function withEntrant(state: SeatsState, server: number, entrant: Entrant): SeatsState {
  return { ...state, entrants: replaced(state.entrants, server, entrant) }
}

/** A client in a new state, and all keys without the times on which none of its leases can rest any more. */
export function withClient(state: SeatsState, index: number, client: Client): SeatsState {
  const { value } = state.clients[index] as Client
  const isOver = client.value !== value || client.phase === 'idle' || client.phase === 'done'
  const first = isOver ? OVER : client.lease
  let { servers } = state
  for (let at = 0; at < servers.length; at++) {
    const server = servers[at] as Server
    const key = faded(server.key, value, first)
    if (key !== server.key) servers = replaced(servers, at, { ...server, key })
  }
  let { entrants } = state
  for (let at = 0; at < entrants.length; at++) {
    const entrant = entrants[at] as Entrant
    const found = faded(entrant.found, value, first)
    if (found !== entrant.found) entrants = replaced(entrants, at, { ...entrant, found })
  }
  return { ...state, servers, entrants, clients: replaced(state.clients, index, client) }
}

/** The end of an attempt or a lease: by release, by rollback or by time. */
export function ended(state: SeatsState, index: number): SeatsState {
  const client = state.clients[index] as Client
  if (client.attempts === 0) return withClient(state, index, DONE)
  const idle: Client = {
    ...client,
    phase: 'idle',
    value: client.value + 1,
    round: 0,
    lease: 0,
    votes: 0,
    seen: 0,
  }
  return withClient(state, index, idle)
}

/** A write to the key of a server; a spare in its seat is always one write behind. */
export function written(world: World, state: SeatsState, server: number, key: LockKey): SeatsState {
  const before = (state.servers[server] as Server).key
  let result = withServer(state, server, { key })
  world.replacements.forEach((seat, index) => {
    const spare = world.nodes + index
    if (seat === server && result.servers[spare]?.state === 'spare')
      result = withServer(result, spare, { key: before })
  })
  return result
}

export function claimIn(seats: Seats, seat: number): Claim {
  return seats[seat] as Claim
}

export function replaced<T>(list: readonly T[], index: number, value: T): readonly T[] {
  const copy = [...list]
  copy[index] = value
  return copy
}
