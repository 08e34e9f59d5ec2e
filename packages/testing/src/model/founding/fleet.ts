import { bit, has, sizeOf } from '../seats/bits.js'
import { faded, FREE, held, OVER, together } from '../seats/lock-key.js'
import {
  replaced,
  withServer,
  type Client,
  type FoundingState,
  type FoundingWorld,
  type Server,
  type Step,
  type View,
} from './state.js'
import { canBeOpened, opened, withNewStamp } from './texts.js'

/** The life of a fleet that is founded: locks, lost data, restored servers. */
export function* fleetSteps(world: FoundingWorld, state: FoundingState): Generator<Step> {
  for (let index = 0; index < state.clients.length; index++) yield* clientSteps(world, state, index)
  for (let at = 0; at < state.servers.length; at++) yield* serverSteps(world, state, at)
}

function* clientSteps(world: FoundingWorld, state: FoundingState, index: number): Generator<Step> {
  const client = state.clients[index] as Client
  if (client.phase === 'done') return
  if (client.phase !== 'idle') yield [`client ${index} ends`, ended(state, index)]
  if (client.phase === 'holding') return
  const own = world.clients[index] as number
  const quorum = world.quorums[own] as number
  const needed = world.seen ?? 0
  // Without seats, two servers under one name could both vote, and nothing that is done now changes that.
  const canLockAsBefore = world.views.length === 1
  for (const at of world.views[own] as View) {
    const { marker, view, key, seats } = state.servers[at] as Server
    if (marker === 'old' && !canLockAsBefore) continue
    if (marker === 'none' || marker === 'founded' || (marker === 'votes' && view !== own)) continue
    if (sizeOf(client.seen) < needed) {
      if (has(client.seen, at)) continue
      yield [
        `client ${index} sees server ${at}`,
        withClient(state, index, { ...client, seen: client.seen | bit(at) }),
      ]
    } else if (key === FREE && countsIn(client, marker, seats)) {
      const votes = client.votes | bit(at)
      const phase = sizeOf(votes) < quorum ? 'asking' : 'holding'
      const granted = withServer(state, at, { key: held(index + 1, 0) })
      yield [
        `server ${at} grants client ${index}`,
        withClient(granted, index, {
          ...client,
          phase,
          under: marker,
          // A round that is over asks no other server.
          seats: phase === 'holding' || world.counts === 'any seats' ? 0 : seats,
          votes,
        }),
      ]
    }
  }
}

function countsIn(client: Client, marker: Server['marker'], seats: number): boolean {
  if (client.under === 'none') return true
  return client.under === marker && (client.seats === 0 || client.seats === seats)
}

function* serverSteps(world: FoundingWorld, state: FoundingState, at: number): Generator<Step> {
  const { marker, view, lost } = state.servers[at] as Server
  if (marker !== 'votes' && marker !== 'founded' && view >= 0) {
    const without = withServer(withNewStamp(world, state, at), at, { view: -1 })
    yield [`the stay of server ${at} lapses`, without]
  }
  if (marker !== 'none' && state.losses > 0) {
    const absent = state.servers.filter((server, other) => server.lost !== 'nothing' && other !== at).length
    if (absent < world.absences) {
      const forgets = marker !== 'founded' || lost === 'grants'
      const emptied = {
        marker: 'none',
        view: -1,
        seats: 0,
        key: FREE,
        lost: forgets ? 'grants' : 'marker',
      } as const
      const after = { ...withNewStamp(world, state, at), losses: state.losses - 1 }
      yield [`server ${at} is emptied`, withServer(after, at, emptied)]
    }
  }
  if (marker === 'founded') {
    const voter = state.servers.find(
      (other) =>
        other.marker === 'votes' && other.view === view && canBeOpened(world, state, at, other.seats),
    )
    if (voter !== undefined)
      yield [`server ${at} is opened, as another one votes`, opened(world, state, at, voter.seats)]
  }
  if (marker === 'votes' || (marker === 'founded' && world.halfDone !== 'taken up')) return
  for (let own = 0; own < world.views.length; own++) yield* restoringSteps(world, state, at, own)
}

/**
 * A server without a marker, with an old one, or founded with other seats than those that vote, enters its seat and is restored from M others, all in one step.
 * That takes longer than FRESHNESS, so acquires under way are over.
 */
function* restoringSteps(
  world: FoundingWorld,
  state: FoundingState,
  at: number,
  own: number,
): Generator<Step> {
  const view = world.views[own] as View
  if (!view.includes(at)) return
  const { marker, seats } = state.servers[at] as Server
  const witnesses = view.filter((other) => {
    const server = state.servers[other] as Server
    if (other === at || server.marker !== 'votes' || server.view !== own) return false
    return marker !== 'founded' || server.seats !== seats
  })
  const needed = Math.min(Math.floor(view.length / 2) + 1, view.length - 1)
  for (const chosen of choices(witnesses, needed)) {
    const [voting, ...others] = chosen.map((other) => (state.servers[other] as Server).seats)
    if (voting === undefined || others.some((other) => other !== voting)) continue
    const keys = chosen.map((other) => (state.servers[other] as Server).key)
    const key = keys.reduce(together, (state.servers[at] as Server).key)
    let next = withServer(withNewStamp(world, state, at), at, {
      marker: 'votes',
      view: own,
      seats: voting,
      key,
      lost: 'nothing',
    })
    next.clients.forEach(({ phase, votes }, index) => {
      if (phase === 'asking' && votes !== 0) next = ended(next, index)
    })
    yield [`server ${at} is restored from ${chosen.join(' and ')}`, next]
  }
}

function choices(from: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  return from.flatMap((first, index) =>
    choices(from.slice(index + 1), size - 1).map((rest) => [first, ...rest]),
  )
}

function ended(state: FoundingState, index: number): FoundingState {
  const servers = state.servers.map((server) => {
    const key = faded(server.key, index + 1, OVER)
    return key === server.key ? server : { ...server, key }
  })
  return withClient({ ...state, servers }, index, {
    phase: 'done',
    under: 'none',
    seats: 0,
    seen: 0,
    votes: 0,
  })
}

function withClient(state: FoundingState, index: number, client: Client): FoundingState {
  return { ...state, clients: replaced(state.clients, index, client) }
}

export function holdersIn({ clients }: FoundingState): number {
  return clients.filter(({ phase }) => phase === 'holding').length
}
