import { has, sizeOf } from './bits.js'
import type { Claim } from './claims.js'
import type { Entrant } from './entrant.js'
import { renumbered, type LockKey, type Value } from './lock-key.js'
import { attemptsPerClient, type Client, type SeatsState, type Server } from './state.js'
import type { World } from './world.js'

const SERVER_STATES = { spare: 0, voting: 1, out: 2 }
const CLIENT_PHASES = { idle: 0, asking: 1, holding: 2, extending: 3, done: 4 }
const ENTRANT_PHASES = { none: 0, entering: 1, settling: 2, listing: 3, superseded: 4 }

/**
 * The same text for states that differ only in the order of the clients, or of the servers whose seats no other server
 * can take. The order is chosen by what a server or a client is apart from its number; where that leaves several, any
 * will do: two equal states may then have different texts, but never the other way round.
 */
export function keyIn(world: World): (state: SeatsState) => string {
  const count = world.nodes + world.replacements.length
  const all = Array.from({ length: count }, (_, at) => at)
  const isOrdinary = (at: number): boolean => at < world.nodes && !world.replacements.includes(at)
  const ordinary = all.filter(isOrdinary)
  const special = all.filter((at) => !isOrdinary(at))
  const attempts = attemptsPerClient(world)
  return (state) => {
    const indexes = state.clients.map((_, index) => index)
    const clients = sorted(indexes, (index) => portraitOfClient(state, index, special))
    const numberOf = numbering(clients, attempts)
    const writer = new Writer(world.nodes, special, clients, numberOf)
    const servers = sorted(ordinary, (at) => writer.portraitOfServer(state, at))
    return writer.textOf(state, [...special, ...servers])
  }
}

function sorted(items: readonly number[], portraitOf: (item: number) => string): number[] {
  const portraits = items.map((item) => ({ item, portrait: portraitOf(item) }))
  portraits.sort((a, b) => (a.portrait < b.portrait ? -1 : a.portrait > b.portrait ? 1 : 0))
  return portraits.map(({ item }) => item)
}

/** The values that the attempts get when the clients are counted in that order. */
function numbering(clients: readonly number[], attempts: number): Value[] {
  const numberOf: Value[] = [0]
  clients.forEach((index, place) => {
    for (let attempt = 1; attempt <= attempts; attempt++)
      numberOf[index * attempts + attempt] = place * attempts + attempt
  })
  return numberOf
}

function portraitOfClient(state: SeatsState, index: number, special: readonly number[]): string {
  const client = state.clients[index] as Client
  const codes = codesOf(client)
  codes.push(sizeOf(client.votes))
  for (const at of special) codes.push(marks(at, client.votes, client.seen), client.seats[at] ?? 0)
  return String.fromCharCode.apply(null, codes)
}

function codesOf({ phase, attempts, extensions, round, lease }: Client): number[] {
  return [CLIENT_PHASES[phase], attempts * 4 + extensions, round * 4 + lease]
}

/** Two sets at one server. */
function marks(at: number, first: number, second: number): number {
  return ((first >> at) & 1) * 2 + ((second >> at) & 1)
}

/** Writes servers and clients as codes, in an order that is given for the clients. */
class Writer {
  readonly #nodes: number
  readonly #special: readonly number[]
  readonly #clients: readonly number[]
  readonly #numberOf: readonly Value[]
  #codes: number[] = []

  constructor(
    nodes: number,
    special: readonly number[],
    clients: readonly number[],
    numberOf: readonly Value[],
  ) {
    this.#nodes = nodes
    this.#special = special
    this.#clients = clients
    this.#numberOf = numberOf
  }

  /** All about a server that does not depend on the numbers of its peers. */
  portraitOfServer(state: SeatsState, at: number): string {
    const server = state.servers[at] as Server
    const entrant = state.entrants[at] as Entrant
    this.#codes = []
    this.#server(server)
    this.#entrant(entrant)
    this.#codes.push(server.seats[at] ?? 0, entrant.seats[at] ?? 0)
    for (const other of this.#special) {
      const { seats, taken, listed, seen } = state.entrants[other] as Entrant
      this.#codes.push(marks(at, taken, listed), (seen >> at) & 1, seats[at] ?? 0)
      this.#codes.push(server.seats[other] ?? 0, state.servers[other]?.seats[at] ?? 0)
    }
    for (const index of this.#clients) {
      const { votes, seen, seats } = state.clients[index] as Client
      this.#codes.push(marks(at, votes, seen), seats[at] ?? 0)
    }
    return String.fromCharCode.apply(null, this.#codes)
  }

  textOf(state: SeatsState, order: readonly number[]): string {
    this.#codes = [state.losses, state.returns]
    for (const at of order) {
      const server = state.servers[at] as Server
      this.#server(server)
      this.#seats(server.seats, order)
      const entrant = state.entrants[at] as Entrant
      this.#entrant(entrant)
      if (entrant.phase === 'none') continue
      this.#seats(entrant.seats, order)
      this.#sets(order, entrant.taken, entrant.listed, entrant.seen)
    }
    for (const index of this.#clients) {
      const client = state.clients[index] as Client
      this.#codes.push(...codesOf(client))
      this.#seats(client.seats, order)
      this.#sets(order, client.votes, client.seen)
    }
    return String.fromCharCode.apply(null, this.#codes)
  }

  #server({ state, life, key }: Server): void {
    this.#codes.push(SERVER_STATES[state] * 4 + life)
    this.#key(key)
  }

  #entrant({ phase, found }: Entrant): void {
    this.#codes.push(ENTRANT_PHASES[phase])
    this.#key(found)
  }

  #key(key: LockKey): void {
    const same = renumbered(key, this.#numberOf)
    this.#codes.push(same & 255, same >> 8)
  }

  #seats(seats: readonly Claim[], order: readonly number[]): void {
    for (const at of order) if (at < this.#nodes) this.#codes.push(seats[at] ?? 0)
  }

  #sets(order: readonly number[], ...sets: readonly number[]): void {
    for (const set of sets) {
      let mapped = 0
      for (let place = 0; place < order.length; place++)
        if (has(set, order[place] as number)) mapped |= 1 << place
      this.#codes.push(mapped)
    }
  }
}
