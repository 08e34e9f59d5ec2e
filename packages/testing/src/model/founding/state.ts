import { FREE, type LockKey } from '../seats/lock-key.js'

/** The server that a client finds in each seat. Clients may differ in it: two servers may answer to one name. */
export type View = readonly number[]

/** Small on purpose, so that every reachable state can be checked. */
export interface FoundingWorld {
  /** What clients and founders may see, each with its quorum. */
  readonly views: readonly View[]
  readonly quorums: readonly number[]
  /** The view of each founder, and of each client that locks, as an index. */
  readonly founders: readonly number[]
  readonly clients: readonly number[]
  /** How often a server may lose its data. */
  readonly losses: number
  /** How many servers may have lost data at one time. */
  readonly absences: number
  /** What the servers have in the beginning: nothing, or a marker from before there were seats. */
  readonly markers?: 'none' | 'old'
  /** How many servers must have answered a founder; all by default. */
  readonly answers?: number
  /** Whether a stay belongs to the seats of its founder, so that a founder with other seats must wait until it lapses. */
  readonly stays?: 'for any seats' | 'for one list of seats'
  /**
   * Whether a server votes as soon as it is founded, or only after a second order, given when all have been founded;
   * any client also gives it that sees another server of the fleet vote.
   */
  readonly opening?: 'at once' | 'when all are founded'
  /** How many servers a client must have seen founded with its seats before it locks; none by default. */
  readonly seen?: number
  /**
   * Whether a founding that was left half done stays so, or founders take up servers that were founded and not opened.
   * Seats are then a text built from the stamps of all servers. Only for one view whose servers are opened late.
   */
  readonly halfDone?: 'left' | 'taken up'
  /** Which founded servers may be opened beside one that votes: those with its seats, or those whose stamp they name. */
  readonly beside?: 'same seats' | 'named stamps'
  /** Which servers a client counts together. */
  readonly counts?: 'same seats' | 'any seats'
  readonly broken?: FoundingFault | undefined
}

export type FoundingFault =
  | 'founding without the second look'
  | 'founding without the stay'
  | 'founding by a majority'
  | 'taking over without a look'
  | 'taking up without comparing the seats'
  | 'taking up an opened node'
  | 'opening after a majority was founded'
  | 'opening what was looked at after the vote'

export interface Server {
  /**
   * `old`: a marker from before there were seats. `founded`: it has seats, but does not vote yet. `votes`: it has what
   * it granted, or a copy.
   */
  readonly marker: 'none' | 'old' | 'founded' | 'votes'
  /** The view for which a stay is planted, or that it was founded with; -1 for none. */
  readonly view: number
  /** The text of its seats as a number, 0 for none or where half-done foundings are left. */
  readonly seats: number
  readonly key: LockKey
  /** Ghost: what it has lost and did not get again. What it granted is back only when it is restored. */
  readonly lost: 'nothing' | 'marker' | 'grants'
}

export interface Founder {
  readonly phase: 'looks' | 'looks again' | 'founds' | 'opens'
  /**
   * Of each seat: no answer yet; answered, and the stay still stands; answered, but another stay or a marker has taken
   * its place. Where servers are taken up, it stands as long as both the stamp and the seats are as they were.
   */
  readonly stays: readonly ('unknown' | 'stands' | 'gone')[]
  /** Seats that have answered in the second look, or that `found` has reached, as bits. */
  readonly done: number
  /** The text that it writes or opens, 0 before it has one. */
  readonly seats: number
}

export interface Client {
  readonly phase: 'idle' | 'asking' | 'holding' | 'done'
  /** Whether its round goes to markers with seats, or to those from before. */
  readonly under: 'none' | 'old' | 'votes'
  /** The text of the seats that it counts, 0 for any. */
  readonly seats: number
  /** Servers that it has seen founded with its seats before its first request, as bits. */
  readonly seen: number
  /** Servers that have granted, as bits. */
  readonly votes: number
}

export interface FoundingState {
  readonly servers: readonly Server[]
  readonly founders: readonly Founder[]
  readonly clients: readonly Client[]
  readonly losses: number
  /** Of each text: the servers whose present stamp it names, as bits. */
  readonly texts: readonly number[]
}

export type Step = readonly [name: string, next: FoundingState]

export function initialState(world: FoundingWorld): FoundingState {
  const count = Math.max(...world.views.flat()) + 1
  const marker = world.markers ?? 'none'
  return {
    servers: Array.from({ length: count }, () => ({
      marker,
      view: -1,
      seats: 0,
      key: FREE,
      lost: 'nothing',
    })),
    founders: world.founders.map((view) => ({
      phase: world.broken === 'taking over without a look' ? 'founds' : 'looks',
      stays: (world.views[view] as View).map(() => 'unknown' as const),
      done: 0,
      seats: 0,
    })),
    clients: world.clients.map(() => ({ phase: 'idle', under: 'none', seats: 0, seen: 0, votes: 0 })),
    losses: world.losses,
    texts: [],
  }
}

export function answersNeeded({ answers, broken }: FoundingWorld, view: View): number {
  return broken === 'founding by a majority' ? Math.floor(view.length / 2) + 1 : (answers ?? view.length)
}

export function withServer(state: FoundingState, at: number, change: Partial<Server>): FoundingState {
  return { ...state, servers: replaced(state.servers, at, { ...(state.servers[at] as Server), ...change }) }
}

export function withFounder(state: FoundingState, index: number, change: Partial<Founder>): FoundingState {
  const founder = { ...(state.founders[index] as Founder), ...change }
  return { ...state, founders: replaced(state.founders, index, founder) }
}

/** A server whose stay is over, so that no founder may rely on it any more. */
export function withoutStay(world: FoundingWorld, state: FoundingState, at: number): FoundingState {
  const founders = state.founders.map((founder, index): Founder => {
    const seat = viewOf(world, index).indexOf(at)
    if (founder.stays[seat] !== 'stands') return founder
    return { ...founder, stays: replaced(founder.stays, seat, 'gone') }
  })
  return { ...state, founders }
}

export function viewOf(world: FoundingWorld, founder: number): View {
  return world.views[world.founders[founder] as number] as View
}

export function replaced<T>(list: readonly T[], index: number, value: T): readonly T[] {
  const copy = [...list]
  copy[index] = value
  return copy
}
