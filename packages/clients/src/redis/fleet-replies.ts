import type { Greeting, Listing, MarkerSighting, NodeReply } from '@quorumlock/core'
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
  const [own, fleet, markedRun, stamp, longest, highest, quarantine, restorer, progress] = reply
  const marker: MarkerSighting | null = isNull(markedRun)
    ? null
    : {
        fleet: String(fleet),
        run: String(markedRun),
        stamp: String(stamp),
        longestTtl: Number(longest),
        highestToken: Number(highest),
        quarantine: isNull(quarantine) ? null : Number(quarantine),
        ...(!isNull(restorer) && { claim: { by: String(restorer), progress: Number(progress) } }),
      }
  const run = isNull(own) ? '' : String(own)
  const greeting: Greeting = { run: run === '' && marker !== null ? marker.run : run, durable, marker }
  return { vote: 'granted', clock, greeting }
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
