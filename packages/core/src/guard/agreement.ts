import type { Greeting, Failed } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { seatsIn, stayOf, type Seat, type Seats } from './seats.js'
import { isOpened, isValid, type Survey } from './survey.js'

const SAME_LIST =
  'Give every client the same nodes and the same quorum; docs/operations.md tells how to change them'

const SAME_NAMES =
  'Give every client the same nodes; if it is one of them under another name, give it that name: { name, url }'

/**
 * Why a node cannot be counted by this client, however healthy it is: clients that count different nodes do not exclude
 * each other. Nothing for a fleet that was founded before nodes knew its seats.
 */
export function misfitOf(
  quorum: Quorum,
  member: Member,
  greeting: Greeting,
  survey: Survey,
): Failed | undefined {
  const twin = twinOf(member, greeting, survey.greetings)
  if (twin !== undefined) return sameServer(twin, member)
  const own = greeting.marker !== null && isOpened(greeting) ? greeting.marker.seats : ''
  const text = own === '' ? survey.seats : own
  const seats = seatsIn(text)
  if (seats === undefined) return undefined
  const other = disagreement(quorum, seats)
  if (other !== undefined) return other
  // Who has the marker of the fleet was let in by a client that knew it, perhaps under another name.
  if (own !== '') {
    const isOther = survey.seats !== '' && survey.fleet !== greeting.marker?.fleet
    return isOther ? misfit(`it belongs to another fleet, of ${listed(seats)}`, SAME_LIST) : undefined
  }
  const byRun = seats.seats.find(({ run }) => run !== '' && run === greeting.run)
  const name = member.seat ?? byRun?.name ?? member.name
  const seat = seats.seats.find((one) => one.name === name)
  if (seat === undefined)
    return misfit(`it is none of the nodes of this fleet, of ${listed(seats)}`, SAME_NAMES)
  const holder = holderOf(seat, member, survey)
  if (holder !== undefined)
    return misfit(`its place in the fleet, ${name}, is that of ${holder.name}`, SAME_NAMES)
  member.seat = name
  return undefined
}

/** Another node that answered and holds the seat. */
function holderOf({ stay }: Seat, member: Member, { greetings }: Survey): Member | undefined {
  for (const [other, greeting] of greetings) {
    const { marker } = greeting
    if (other !== member && marker !== null && isValid(greeting) && stayOf(marker.stamp) === stay)
      return other
  }
  return undefined
}

/** Why this client can count no node of a fleet with these seats. */
export function disagreement(quorum: Quorum, seats: Seats | undefined): Failed | undefined {
  if (seats === undefined) return undefined
  if (seats.seats.length === quorum.members.length && seats.quorum === quorum.size) return undefined
  const founded = `the fleet was founded with a quorum of ${seats.quorum} of ${listed(seats)}`
  const counted = `this client counts on ${quorum.size} of ${quorum.members.length} (${quorum.names.join(', ')})`
  return misfit(`${founded}, and ${counted}`, SAME_LIST)
}

/** The first member whose connection leads to the same server. */
function twinOf(
  member: Member,
  greeting: Greeting,
  greetings: ReadonlyMap<Member, Greeting>,
): Member | undefined {
  for (const [other, seen] of greetings) {
    if (other === member) return undefined
    if (isSameServer(greeting, seen)) return other
  }
  return undefined
}

/** Why these nodes cannot found a fleet together. */
export function twinsAmong(greetings: ReadonlyMap<Member, Greeting>): Failed | undefined {
  for (const [member, greeting] of greetings) {
    const twin = twinOf(member, greeting, greetings)
    if (twin !== undefined) return sameServer(twin, member)
  }
  return undefined
}

function isSameServer(a: Greeting, b: Greeting): boolean {
  if (a.run !== '' || b.run !== '') return a.run === b.run
  const stamp = stampOf(a)
  return stamp !== undefined && stamp === stampOf(b)
}

/** What the node is known by, whether it was founded already or not. */
export function stampOf({ marker, planted }: Greeting): string | undefined {
  return marker?.stamp ?? planted?.stamp
}

export function sameServer(first: Member, second: Member): Failed {
  return misfit(
    `${first.name} and ${second.name} are the same server, which must not vote twice`,
    'Give each node a server of its own',
  )
}

function listed({ seats }: Seats): string {
  return `${seats.length} (${seats.map(({ name }) => name).join(', ')})`
}

function misfit(reason: string, remedy: string): Failed {
  return { vote: 'failed', reason, remedy, unsent: true, misuse: true }
}
