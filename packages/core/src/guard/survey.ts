import type { Greeting, NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import { merged, seatsIn } from './seats.js'
import type { Tally } from '../quorum/tally.js'

/** What a marker records about its fleet. */
export interface Fleet {
  readonly fleet: string
  /** Empty if it was founded before they were written down. */
  readonly seats: string
  readonly longestTtl: number
  readonly highestToken: number
}

/** What the markers of all nodes record together; without a name if no node of a fleet has answered. */
export interface Survey extends Omit<Fleet, 'fleet'> {
  readonly greetings: ReadonlyMap<Member, Greeting>
  readonly fleet: string | undefined
  /** No two nodes belong to different fleets. */
  readonly agrees: boolean
  /** Number of nodes that can say how long the locks of the fleet last. */
  readonly remembering: number
}

export function surveyOf(members: readonly Member[], tally: Tally): Survey {
  const greetings = new Map<Member, Greeting>()
  const fleets = new Map<string, { readonly fleet: string; readonly seats: string; readonly count: number }>()
  let longestTtl = 0
  let highestToken = 0
  let remembering = 0
  for (const member of members) {
    const reply = tally.replies[member.index]
    const greeting = reply === undefined ? undefined : greetingOf(reply)
    if (greeting === undefined) continue
    greetings.set(member, greeting)
    const { marker } = greeting
    if (marker === null || !marker.opened) continue
    if (!marker.forgot) remembering++
    const { fleet, seats } = marker
    const { count = 0, seats: others = '' } = fleets.get(fleet) ?? {}
    fleets.set(fleet, { fleet, seats: merged(others, seats), count: count + 1 })
    longestTtl = Math.max(longestTtl, marker.longestTtl)
    highestToken = Math.max(highestToken, marker.highestToken)
  }
  const own = new Set(members.map(({ name }) => name))
  const [first] = [...fleets.values()].sort(
    (a, b) => b.count - a.count || namesIn(b.seats, own) - namesIn(a.seats, own),
  )
  const { fleet, seats = '' } = first ?? {}
  const agrees = fleets.size < 2
  return { greetings, fleet, seats, agrees, remembering, longestTtl, highestToken }
}

/** How many of these names have a seat. */
function namesIn(seats: string, names: ReadonlySet<string>): number {
  return seatsIn(seats)?.seats.filter(({ name }) => names.has(name)).length ?? 0
}

export function greetingOf(reply: NodeReply): Greeting | undefined {
  return reply.vote === 'granted' ? reply.greeting : undefined
}

/** It belongs to a fleet, and may have voted. */
export function isOpened({ marker }: Greeting): boolean {
  return marker?.opened === true
}

/** The marker was written for this very run of the server, or for an earlier one that cannot have lost anything. */
export function isKept({ marker, run, durable }: Greeting): boolean {
  return marker !== null && (marker.run === run || durable)
}

/** The node has kept all that it knows since it began to vote. */
export function isValid(greeting: Greeting): boolean {
  return isOpened(greeting) && isKept(greeting)
}

/** It holds everything that it ever granted and that is not over, so it can tell what another node forgot. */
export function isWitness(greeting: Greeting): boolean {
  return isValid(greeting) && greeting.marker?.quarantine === null
}
