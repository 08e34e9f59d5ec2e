import { digestOf } from '../digest.js'

/** The nodes of a fleet and how many of them must agree, as its founder wrote them into every marker. */
export interface Seats {
  readonly quorum: number
  readonly seats: readonly Seat[]
}

export interface Seat {
  readonly name: string
  /** Of the server that took it; empty for one that was away when the others founded the fleet. */
  readonly run: string
  readonly stamp: string
}

/** One text for the same seats, so that nodes need only compare it. */
export function textOf({ quorum, seats }: Seats): string {
  const sorted = [...seats].sort((a, b) => (a.name < b.name ? -1 : 1))
  return JSON.stringify([quorum, ...sorted.map(({ name, run, stamp }) => [name, run, stamp])])
}

/** `undefined` for a fleet without them, and for a text of a later version. */
export function seatsIn(text: string): Seats | undefined {
  try {
    const [quorum, ...rows] = JSON.parse(text) as [unknown, ...unknown[]]
    const seats = rows.map(seatIn)
    return typeof quorum === 'number' && seats.every(isSeat) ? { quorum, seats } : undefined
  } catch {
    return undefined
  }
}

/** The node was founded with these seats, and has not been emptied since. */
export function isNamedIn(seats: string, stamp: string): boolean {
  return seatsIn(seats)?.seats.some((seat) => seat.stamp === stamp) === true
}

/** Both are of the same nodes, by their names. */
export function isSameList(a: string, b: string): boolean {
  const [one, two] = [seatsIn(a), seatsIn(b)]
  if (one === undefined || two === undefined || one.quorum !== two.quorum) return false
  const names = new Set(one.seats.map(({ name }) => name))
  return one.seats.length === two.seats.length && two.seats.every(({ name }) => names.has(name))
}

/** Founders that work at the same time write the same. */
export function fleetOf(seats: string): string {
  return digestOf(seats)
}

function seatIn(row: unknown): Partial<Seat> {
  const [name, run, stamp] = Array.isArray(row) ? (row as string[]) : []
  return { name, run, stamp } as Partial<Seat>
}

function isSeat(seat: Partial<Seat>): seat is Seat {
  return [seat.name, seat.run, seat.stamp].every((part) => typeof part === 'string')
}
