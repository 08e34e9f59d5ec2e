import type { Greeting, Listing, MarkerSighting, NodeReply, PlantSighting } from '@quorumlock/core'
import type { FleetCommand } from './fleet-job.js'
import { decodeRefusal, isNull, type Scalar } from './replies.js'
import { voteOfError } from './vote-of-error.js'

/** The reply to a command that travels alone, without its heading. The scripts describe what each returns. */
export function decodeFleetReply(
  { kind }: FleetCommand,
  reply: readonly unknown[],
  clock: number | undefined,
  durable: boolean,
): NodeReply {
  const parts = reply as readonly Scalar[]
  if (kind === 'greet' || kind === 'mark') return decodeGreeting(parts, clock, durable)
  const [refusal, ...rest] = parts
  if (!isNull(refusal)) return decodeRefusal(refusal, clock) ?? voteOfError(new Error(String(refusal)))
  switch (kind) {
    case 'list':
      return { vote: 'granted', clock, listing: decodeListing(rest) }
    case 'restore':
      return { vote: 'granted', clock, lives: rest.map(Number) }
    case 'tidy':
      return { vote: 'granted', clock }
  }
}

/** A server that does not return its run is identified by its marker alone. */
function decodeGreeting(reply: readonly Scalar[], clock: number | undefined, durable: boolean): NodeReply {
  const [own, ...said] = reply
  const marker = isNull(said[0]) ? null : decodeMarker(said)
  const planted = decodePlant(said)
  const run = isNull(own) ? '' : String(own)
  const greeting: Greeting = {
    run: run === '' && marker !== null ? marker.run : run,
    durable,
    marker,
    ...(planted !== undefined && { planted }),
  }
  return { vote: 'granted', clock, greeting }
}

function decodeMarker(said: readonly Scalar[]): MarkerSighting {
  const [stamp, fleet, run, longest, highest, isNew, quarantine, seats, forgot] = said
  const [restorer, progress] = said.slice(11)
  return {
    fleet: String(fleet),
    run: String(run),
    stamp: String(stamp),
    longestTtl: Number(longest),
    highestToken: Number(highest),
    opened: isNull(isNew),
    seats: String(seats),
    forgot: !isNull(forgot),
    quarantine: isNull(quarantine) ? null : Number(quarantine),
    ...(!isNull(restorer) && { claim: { by: String(restorer), progress: Number(progress) } }),
  }
}

function decodePlant(said: readonly Scalar[]): PlantSighting | undefined {
  const [stamp, seat] = said.slice(9)
  return isNull(stamp) ? undefined : { stamp: String(stamp), seat: String(seat) }
}

/** Of each lock its key, value, remaining time and bearer. */
const FIELDS = 4

function decodeListing([cursor, ...fields]: readonly Scalar[]): Listing {
  const locks = Array.from({ length: Math.floor(fields.length / FIELDS) }, (_, index) => {
    const [key, value, remaining, bearer] = fields.slice(FIELDS * index, FIELDS * (index + 1))
    return { key: String(key), value: String(value), remaining: Number(remaining), bearer: Number(bearer) }
  })
  return { cursor: isNull(cursor) ? null : String(cursor), locks }
}
