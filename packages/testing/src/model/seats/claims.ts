/** One entry of the seats as a marker or a client knows them: an incarnation number and the run that took the seat. */
export type Claim = number

/** What a marker or a client knows of all seats. Two parties agree (`isSame`) exactly if their stamps are equal. */
export type Seats = readonly Claim[]

/**
 * A run is a server of the seat (0 the first one, then those that replace it) in one of its lives: after a restart
 * that lost the data it is another run. The number of the incarnation weighs most.
 */
export function claimOf(incarnation: number, server: number, life: number): Claim {
  return incarnation * 32 + life * 4 + server
}

/** How all seats are taken after the founding. */
export const FOUNDED: Claim = claimOf(1, 0, 0)

const SEATED = 16

/** The claim when M of the other nodes have taken it. */
export function seated(claim: Claim): Claim {
  return claim | SEATED
}

export function incarnationOf(claim: Claim): number {
  return claim >> 5
}

export function isSameRun(a: Claim, b: Claim): boolean {
  return seated(a) === seated(b)
}

/** Which server of its seat holds the claim. */
export function serverIn(claim: Claim): number {
  return claim & 3
}

export function lifeIn(claim: Claim): number {
  return (claim >> 2) & 3
}

export function textOf(claim: Claim): string {
  return `${incarnationOf(claim)}${'abcd'.charAt(serverIn(claim))}${lifeIn(claim) || ''}${claim & SEATED ? '!' : ''}`
}

/** Whether `other` takes the place of `known` when it is learned. */
export type Supersedes = (other: Claim, known: Claim) => boolean

/** "Knowledge is merged: per seat the higher incarnation." Of two runs under one, the first that was heard of stays. */
export const byIncarnation: Supersedes = (other, known) => incarnationOf(other) > incarnationOf(known)

/** Of two runs under one incarnation the greater one stays, so that any two claims are ordered. */
export const byRun: Supersedes = (other, known) => other > known

/** Of two runs under one incarnation the one stays that M nodes have taken, of which there can be only one. */
export const bySeat: Supersedes = (other, known) => other >> 4 > known >> 4

/** Returns `known` itself if it learns nothing. */
export function merged(known: Seats, other: Seats, supersedes: Supersedes): Seats {
  let result: Claim[] | undefined
  for (let seat = 0; seat < known.length; seat++) {
    const claim = other[seat] as Claim
    if (!supersedes(claim, known[seat] as Claim)) continue
    result ??= [...known]
    result[seat] = claim
  }
  return result ?? known
}

export function isSame(a: Seats, b: Seats): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let seat = 0; seat < a.length; seat++) if (a[seat] !== b[seat]) return false
  return true
}

export function withClaim(seats: Seats, seat: number, claim: Claim): Seats {
  if (seats[seat] === claim) return seats
  const copy = [...seats]
  copy[seat] = claim
  return copy
}
