import { byIncarnation, byRun, bySeat, serverIn, type Claim, type Supersedes } from './claims.js'

/** Small on purpose, so that every reachable state can be checked. */
export interface SeatsWorld {
  readonly nodes: number
  readonly quorum: number
  /** How many of the other nodes must take an incarnation and list their keys; M by default. */
  readonly others?: number
  /** Seats that a further server each may take, while the server before it lives on. */
  readonly replacements: readonly number[]
  /** What such a server has of its predecessor's key when it starts. */
  readonly copies: readonly ('all' | 'all but the last write' | 'nothing')[]
  readonly clients: readonly { readonly attempts: number; readonly extensions: number }[]
  /** How often a voting server may lose its data. */
  readonly losses: number
  /** How often a superseded server may enter its seat again. */
  readonly returns?: number
  /** Seats that may be without a voting server at once; N − q by default. */
  readonly absences?: number
  /** Whether servers learn from each other and from clients at any time, not only by commands. */
  readonly gossip?: boolean
  /** The highest incarnation number; 3 by default. */
  readonly incarnations?: number
  readonly rules?: Partial<SeatsRules>
  readonly broken?: SeatsFault | undefined
}

/** Points on which the protocol can be built in more than one way. */
export interface SeatsRules {
  /** Whether restorers settle before they list. */
  readonly settles: boolean
  /** Whether a marker takes a claim only from a client that knows the same of all other seats. */
  readonly entering: 'under any stamp' | 'under one stamp'
  /** Whether a witness lists only for a client that knows the same of all seats; or of all but the one being entered. */
  readonly listing: 'under any stamp' | 'but for its seat' | 'under one stamp'
  /** What the client of an entering server does when it learns newer seats of others. */
  readonly learning: 'continues' | 'lists again' | 'enters again'
  /** When a server in quarantine extends what it has. */
  readonly quarantined:
    | 'refuses'
    | 'extends when settled'
    | 'extends when M took its claim'
    | 'extends at once'
  /** Whether stamps differ where one knows that a run is seated, and the other only that it has claimed its seat. */
  readonly stamps: 'runs alone' | 'with what is seated'
  /** Which of two runs under one incarnation stays. */
  readonly ties: 'first' | 'ordered' | 'seated'
}

export type SeatsFault =
  | 'settling from the quarantine alone'
  | 'moved ignored on extension'
  | 'moved ignored on repair'
  | 'no stamp'
  | 'one node too few'
  | 'an old entering counted'
  | 'two runs under one incarnation counted'
  | 'a second loss under one claim'
  | 'an old round counted'
  | 'a round continued under a newer stamp'

/** What the protocol needs. */
const RULES: SeatsRules = {
  settles: true,
  entering: 'under one stamp',
  listing: 'under one stamp',
  learning: 'enters again',
  quarantined: 'extends when settled',
  stamps: 'runs alone',
  ties: 'ordered',
}

const TIES = { first: byIncarnation, ordered: byRun, seated: bySeat }

/** A world with everything that is given by default. */
export interface World extends SeatsWorld {
  readonly others: number
  readonly returns: number
  readonly absences: number
  readonly incarnations: number
  readonly rules: SeatsRules
  readonly supersedes: Supersedes
}

export function completed(world: SeatsWorld): World {
  const { nodes, quorum } = world
  const rules = { ...RULES, ...world.rules }
  // M of "Words".
  const others =
    Math.min(Math.floor(nodes / 2) + 1, nodes - 1) - (world.broken === 'one node too few' ? 1 : 0)
  const defaults = { others, returns: 0, absences: nodes - quorum, incarnations: 3 }
  return { ...defaults, ...world, rules, supersedes: TIES[rules.ties] }
}

/** The server that holds a claim on a seat. */
export function serverOf(world: World, seat: number, claim: Claim): number {
  const which = serverIn(claim)
  if (which === 0) return seat
  let left = which
  const index = world.replacements.findIndex((of) => of === seat && --left === 0)
  return world.nodes + index
}

export function seatOf(world: World, server: number): number {
  return server < world.nodes ? server : (world.replacements[server - world.nodes] as number)
}

/** The number of a server among those of its seat. */
export function placeOf(world: World, server: number): number {
  if (server < world.nodes) return 0
  const seat = seatOf(world, server)
  return world.replacements.slice(0, server - world.nodes + 1).filter((of) => of === seat).length
}
