import type { NodeOf, RestorerOf, RestoringState, RestoringWorld } from './restoring-world.js'

const PHASES = { idle: 0, settling: 1, listing: 2, given: 3, tidying: 4 } as const
const MARKERS = { valid: 0, quarantined: 1, 'of an earlier run': 2 } as const
const KINDS = { nothing: 0, value: 1, differing: 2 } as const

/** Clients and restorers in some order. */
interface Order {
  readonly clients: readonly number[]
  readonly restorers: readonly number[]
}

/**
 * Nodes are interchangeable, so states that differ only in their order are equal: one number per node, sorted. The same
 * holds for restorers, and for the clients of one kind: of all their orders, the one with the least numbers.
 */
export function keyIn(world: RestoringWorld): (state: RestoringState) => string {
  const all = ordersOf(world)
  return (state) => {
    let least = Infinity
    let columns: readonly number[] = []
    for (const order of all) {
      const rest = restOf(state, order)
      if (rest > least) continue
      const sorted: number[] = []
      for (let at = 0; at < world.nodes; at++) insert(sorted, columnOf(world, state, order, at))
      if (rest === least && !isLess(sorted, columns)) continue
      least = rest
      columns = sorted
    }
    let text = Number.isFinite(state.losses) ? String.fromCharCode(state.losses) : ''
    for (const column of columns) text += textOfNumber(column)
    return text + textOfNumber(least)
  }
}

/** All that is not about one node, as a number below 2 ** 48. */
function restOf(state: RestoringState, { clients, restorers }: Order): number {
  let rest = 0
  for (const client of clients) rest = rest * 2 + (state.clients[client]?.holding === true ? 1 : 0)
  for (const index of restorers) {
    rest = rest * 2 ** 16 + codeOf(state.restorers[index] as RestorerOf, clients)
  }
  return rest
}

/** All that is known about one node, as a number below 2 ** 48. */
function columnOf(world: RestoringWorld, state: RestoringState, order: Order, at: number): number {
  const node = state.nodes[at] as NodeOf
  let column = MARKERS[node.marker] * 4 + (at < world.mortal ? 2 : 0) + (node.isOutdated ? 1 : 0)
  for (const index of order.restorers) {
    const { target, asked } = state.restorers[index] as RestorerOf
    column = column * 4 + (target === at ? 2 : 0) + bit(asked, at)
  }
  for (const index of order.clients) {
    const { granted = 0, forgotten = 0 } = state.clients[index] ?? {}
    const { holders, ages, copies, snapshot } = node
    const sets = bit(holders, index) * 8 + bit(copies, index) * 4 + bit(granted, at) * 2 + bit(forgotten, at)
    // Snapshots are without tombstones, so their holders are known from the ages.
    column = column * 256 + sets * 16 + agesOf(ages, index) * 4 + agesOf(snapshot.ages, index)
  }
  return column
}

/** All that a restorer knows, as a number below 2 ** 16. */
function codeOf({ phase, rounds, found }: RestorerOf, clients: readonly number[]): number {
  let code = PHASES[phase] * 3 + KINDS[found.kind]
  for (const index of clients) {
    code = code * 16 + bit(found.holders, index) * 8 + agesOf(found.ages, index) * 2 + bit(rounds, index)
  }
  return code
}

function bit(set: number, member: number): number {
  return (set >> member) & 1
}

function agesOf(ages: number, client: number): number {
  return (ages >> (2 * client)) & 3
}

function textOfNumber(number: number): string {
  return String.fromCharCode(
    number % 65_536,
    Math.floor(number / 65_536) % 65_536,
    Math.floor(number / 2 ** 32),
  )
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value < (b[i] as number)
  return false
}

/** Keeps the list in order. It is short. */
function insert(sorted: number[], value: number): void {
  let i = sorted.length
  for (; i > 0 && (sorted[i - 1] as number) > value; i--) sorted[i] = sorted[i - 1] as number
  sorted[i] = value
}

function ordersOf({ clients, shared, restorers }: RestoringWorld): readonly Order[] {
  const exclusive = permutations(clients - shared).map((order) => order.map((client) => client + shared))
  const orders = permutations(shared).flatMap((first) => exclusive.map((rest) => [...first, ...rest]))
  return orders.flatMap((order) => permutations(restorers).map((of) => ({ clients: order, restorers: of })))
}

function permutations(count: number): readonly (readonly number[])[] {
  let all: number[][] = [[]]
  for (let member = 0; member < count; member++) {
    all = all.flatMap((order) => inserted(order, member))
  }
  return all
}

function inserted(order: readonly number[], member: number): number[][] {
  return Array.from({ length: order.length + 1 }, (_, i) => [...order.slice(0, i), member, ...order.slice(i)])
}
