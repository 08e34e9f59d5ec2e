import { digestOf } from '../digest.js'

/** The nodes of a fleet, how many of them must agree, and which server holds the place of each, as a marker records them. */
export interface Seats {
  readonly quorum: number
  readonly seats: readonly Seat[]
}

/** One place in the fleet, and the last server that has claimed it. */
export interface Seat {
  readonly name: string
  /** Counts the servers that have claimed it; 0 if it was away when the others founded the fleet. */
  readonly incarnation: number
  /** Of the server that claimed it; empty if nobody has. */
  readonly run: string
  /** Another one after each loss of data. */
  readonly stay: string
  /** Enough of the other nodes know of it, so that no other server can have the same incarnation. */
  readonly isTaken: boolean
}

/** A seat as its founder writes it down. */
export function foundedSeat(name: string, run: string, stay: string): Seat {
  return { name, incarnation: stay === '' ? 0 : 1, run, stay, isTaken: true }
}

/** One text for the same seats, so that nodes need only compare it. */
export function textOf({ quorum, seats }: Seats): string {
  const sorted = [...seats].sort((a, b) => (a.name < b.name ? -1 : 1))
  const rows = sorted.map(({ name, incarnation, run, stay, isTaken }) => [
    name,
    incarnation,
    run,
    stay,
    isTaken ? 1 : 0,
  ])
  return JSON.stringify([quorum, ...rows])
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

/** The seat that the server with this stay holds; nothing if it never had one, or another server has taken it. */
export function seatOfStay(seats: string, stamp: string): Seat | undefined {
  const stay = stayOf(stamp)
  return seatsIn(seats)?.seats.find((seat) => seat.stay === stay)
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

/**
 * What two texts of one fleet say together: of each seat the later claim, and of two claims under one number the one that
 * is taken.
 */
export function merged(known: string, other: string): string {
  if (known === other) return known
  const [own, theirs] = [seatsIn(known), seatsIn(other)]
  if (own === undefined) return other
  if (theirs === undefined || !isSameList(known, other)) return known
  const named = new Map(theirs.seats.map((seat) => [seat.name, seat]))
  return textOf({
    quorum: own.quorum,
    seats: own.seats.map((seat) => {
      const later = named.get(seat.name) as Seat
      return supersedes(later, seat) ? later : seat
    }),
  })
}

/** With this seat in place of the one that has its name. */
export function withSeat(text: string, claim: Seat): string {
  const { quorum, seats } = seatsIn(text) as Seats
  return textOf({ quorum, seats: seats.map((seat) => (seat.name === claim.name ? claim : seat)) })
}

/** Whether both name the same servers: whoever relies on the one may count on the other. */
export function nameSameServers(a: string, b: string): boolean {
  if (a === b) return true
  const [one, two] = [seatsIn(a), seatsIn(b)]
  if (one === undefined || two === undefined || !isSameList(a, b)) return false
  const stays = new Map(two.seats.map(({ name, stay }) => [name, stay]))
  return one.seats.every(({ name, stay }) => stays.get(name) === stay)
}

/*
 * What a node is known by, its stamp, begins with its stay. It changes too when the node learns who has taken a seat, so
 * that commands of clients that do not know it yet are refused.
 */
const BEHIND_STAY = '/'

export function stayOf(stamp: string): string {
  return stamp.split(BEHIND_STAY, 1)[0] as string
}

export function stampAfter(stamp: string): string {
  const changes = Number(stamp.slice(stayOf(stamp).length + 1))
  return `${stayOf(stamp)}${BEHIND_STAY}${changes + 1}`
}

/** Any two claims are ordered, so that all who have heard of both agree. */
function supersedes(a: Seat, b: Seat): boolean {
  if (a.incarnation !== b.incarnation) return a.incarnation > b.incarnation
  if (a.isTaken !== b.isTaken) return a.isTaken
  return a.stay > b.stay
}

function seatIn(row: unknown): Partial<Seat> {
  const [name, incarnation, run, stay, isTaken] = Array.isArray(row) ? (row as unknown[]) : []
  return { name, incarnation, run, stay, isTaken: isTaken === 1 } as Partial<Seat>
}

function isSeat(seat: Partial<Seat>): seat is Seat {
  const { name, incarnation, run, stay } = seat
  return Number.isSafeInteger(incarnation) && [name, run, stay].every((part) => typeof part === 'string')
}
