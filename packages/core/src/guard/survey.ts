import type { Greeting, NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Tally } from '../quorum/tally.js'

/** What a marker records about its fleet. */
export interface Fleet {
  readonly fleet: string
  readonly longestTtl: number
  readonly highestToken: number
}

/** What the markers of all nodes record together; without a name if no node has a marker. */
export interface Survey extends Omit<Fleet, 'fleet'> {
  readonly greetings: ReadonlyMap<Member, Greeting>
  readonly fleet: string | undefined
  /** Number of nodes with a marker, of this run or of an earlier one. */
  readonly remembering: number
}

export function surveyOf(members: readonly Member[], tally: Tally): Survey {
  const greetings = new Map<Member, Greeting>()
  let fleet: string | undefined
  let longestTtl = 0
  let highestToken = 0
  let remembering = 0
  for (const member of members) {
    const reply = tally.replies[member.index]
    const greeting = reply === undefined ? undefined : greetingOf(reply)
    if (greeting === undefined) continue
    greetings.set(member, greeting)
    if (greeting.marker === null) continue
    remembering++
    fleet = greeting.marker.fleet
    longestTtl = Math.max(longestTtl, greeting.marker.longestTtl)
    highestToken = Math.max(highestToken, greeting.marker.highestToken)
  }
  return { greetings, fleet, remembering, longestTtl, highestToken }
}

export function greetingOf(reply: NodeReply): Greeting | undefined {
  return reply.vote === 'granted' ? reply.greeting : undefined
}

/** The marker belongs to this very run of the server, or to an earlier one that cannot have lost anything. */
export function isValid({ marker, run, durable }: Greeting): boolean {
  return marker !== null && (marker.run === run || durable)
}

/** It holds everything that it ever granted and that is not over, so it can tell what another node forgot. */
export function isWitness(greeting: Greeting): boolean {
  return isValid(greeting) && greeting.marker?.quarantine === null
}
