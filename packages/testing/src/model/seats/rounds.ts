import { bit, has, sizeOf } from './bits.js'
import { isSame, merged, textOf, type Seats } from './claims.js'
import { FREE, held, ownerOf, prolonged } from './lock-key.js'
import {
  ended,
  replaced,
  withClient,
  withServer,
  written,
  type Client,
  type SeatsState,
  type Server,
  type Step,
} from './state.js'
import { afterCommand } from './stamps.js'
import { serverOf, type World } from './world.js'

/**
 * What clients do with the lock. A round begins with its first vote, by which its stamp is chosen, and keeps that stamp.
 */
export function* clientSteps(world: World, state: SeatsState, index: number): Generator<Step> {
  const client = state.clients[index] as Client
  const name = `client ${index}`
  switch (client.phase) {
    case 'idle': {
      const asking: Client = { ...client, phase: 'asking', attempts: client.attempts - 1 }
      yield* roundSteps(world, state, index, asking)
      return
    }
    case 'asking':
      yield* voteSteps(world, state, index, client)
      yield [`${name} gives up`, ended(state, index)]
      return
    case 'holding': {
      const { extensions, round } = client
      if (extensions > 0) {
        const extending: Client = {
          ...client,
          phase: 'extending',
          extensions: extensions - 1,
          round: round + 1,
        }
        yield* roundSteps(world, state, index, extending)
      }
      yield* repairSteps(world, state, index)
      yield [`the lease of ${name} ends`, ended(state, index)]
      return
    }
    case 'extending':
      yield* voteSteps(world, state, index, client)
      yield [`${name} gives its extension up`, withClient(state, index, abandoned(client))]
      return
    case 'done':
  }
}

function* roundSteps(world: World, state: SeatsState, index: number, client: Client): Generator<Step> {
  for (const seats of knowable(world, state, client))
    yield* voteSteps(world, state, index, { ...client, seats })
}

function* voteSteps(world: World, state: SeatsState, index: number, client: Client): Generator<Step> {
  const verb = client.phase === 'asking' ? 'grants value' : 'extends value'
  for (let seat = 0; seat < world.nodes; seat++) {
    const at = serverOf(world, seat, client.seats[seat] as number)
    if (has(client.votes, at)) continue
    const known = grants(world, state.servers[at] as Server, client)
    if (known === undefined) continue
    yield [
      `server ${at} ${verb} ${client.value} under ${textOfAll(client.seats)}`,
      granted(world, withServer(state, at, { seats: known }), index, client, at),
    ]
  }
  if (world.broken !== 'a round continued under a newer stamp' || client.votes === 0) return
  for (const seats of knowable(world, state, client)) {
    if (seats === client.seats) continue
    yield [
      `client ${index} continues under ${textOfAll(seats)}`,
      withClient(state, index, { ...client, seats }),
    ]
  }
}

/** What the server knows after granting, or `undefined` if it refuses. */
function grants(world: World, server: Server, client: Client): Seats | undefined {
  const isExtension = client.phase === 'extending'
  const isPatient = isExtension && world.rules.quarantined !== 'refuses'
  if (server.state !== 'voting' && !isPatient) return undefined
  if (isExtension ? ownerOf(server.key) !== client.value : server.key !== FREE) return undefined
  const ignoresMoved = isExtension && world.broken === 'moved ignored on extension' && server.seats.length > 0
  return ignoresMoved ? server.seats : underStamp(world, server, client.seats)
}

function granted(world: World, state: SeatsState, index: number, client: Client, at: number): SeatsState {
  const { key } = state.servers[at] as Server
  const after = written(world, state, at, prolonged(key, client.value, client.round))
  const votes = client.votes | bit(at)
  if (sizeOf(votes) < world.quorum) return withClient(after, index, { ...client, votes })
  return withClient(after, index, { ...client, phase: 'holding', lease: client.round, votes: 0, seen: 0 })
}

/** The repair belongs to an extension that was won, and bears its stamp, but may be on its way for any time. */
function* repairSteps(world: World, state: SeatsState, index: number): Generator<Step> {
  const { seats, lease, round, value } = state.clients[index] as Client
  if (lease === 0 || lease !== round) return
  for (let seat = 0; seat < world.nodes; seat++) {
    const at = serverOf(world, seat, seats[seat] as number)
    const server = state.servers[at] as Server
    if (server.state !== 'voting' || server.key !== FREE) continue
    const ignoresMoved = world.broken === 'moved ignored on repair'
    const known = ignoresMoved ? server.seats : underStamp(world, server, seats)
    if (known === undefined) continue
    const told = withServer(state, at, { seats: known })
    yield [`client ${index} repairs server ${at}`, written(world, told, at, held(value, lease))]
  }
}

function underStamp(world: World, { seats }: Server, stamp: Seats): Seats | undefined {
  return world.broken === 'no stamp' ? seats : afterCommand(world, seats, stamp)
}

/**
 * What a client may know when it begins a round: what it knew, and what it has learned since, from servers or because
 * it is itself the client that enters a seat for a server.
 */
function knowable(world: World, { servers, entrants }: SeatsState, client: Client): Seats[] {
  const all: Seats[] = [client.seats]
  const learn = (seats: Seats): void => {
    for (const known of [...all]) {
      const learned = merged(known, seats, world.supersedes)
      if (!all.some((other) => isSame(other, learned))) all.push(learned)
    }
  }
  for (const { state, seats } of servers) if (state === 'voting') learn(seats)
  for (const { seats } of entrants) if (seats.length > 0) learn(seats)
  return all
}

/** What happens to a round when FRESHNESS has passed since its first byte: it counts as lost. */
export function roundsTooOld(world: World, state: SeatsState, restorer: number): SeatsState {
  let result = state
  state.clients.forEach((client, index) => {
    if (!has(client.seen, restorer)) return
    if (world.broken === 'an old round counted') {
      const still = { ...client, seen: client.seen & ~bit(restorer) }
      result = { ...result, clients: replaced(result.clients, index, still) }
    } else {
      result = client.phase === 'asking' ? ended(result, index) : withClient(result, index, abandoned(client))
    }
  })
  return result
}

function abandoned(client: Client): Client {
  return { ...client, phase: 'holding', votes: 0, seen: 0 }
}

function textOfAll(seats: Seats): string {
  return seats.map(textOf).join(' ')
}
