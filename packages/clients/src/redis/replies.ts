import type { NodeReply, RefusalReason, Refused, Sighting } from '@quorumlock/core'
import type { LockCommand } from './job.js'
import { batch } from './scripts/embedded.js'
import { voteOfError } from './vote-of-error.js'

const REASONS: readonly (RefusalReason | undefined)[] = [
  undefined,
  'held',
  'queued',
  'stale',
  'quarantined',
  'unmarked',
  'gone',
  'taken',
]

export type Scalar = string | number | Buffer | null | undefined

export function isNull(value: Scalar): value is null | undefined {
  return value === null || value === undefined
}

/** How every reply begins: the number of the call, and the clock of the server in milliseconds if it was read. */
export interface Heading {
  readonly number: number
  readonly clock: number | undefined
}

/** Tells replies of ours from those to other commands on the same connection, many of which are numbers. */
const OURS = '#'

/** The number of a call as a script is given it, and repeats it. */
export function shownNumber(number: number): string {
  return `${OURS}${number}`
}

/** `undefined` for a reply that is none of ours. */
export function headingOf(reply: unknown): Heading | undefined {
  const first: unknown = Array.isArray(reply) ? reply[0] : reply
  const text = typeof first === 'string' ? first : String(first)
  if (!text.startsWith(OURS)) return undefined
  const end = text.indexOf(' ')
  const number = Number(text.slice(OURS.length, end < 0 ? undefined : end))
  if (!Number.isSafeInteger(number)) return undefined
  if (end < 0) return { number, clock: undefined }
  const middle = text.indexOf(' ', end + 1)
  const seconds = Number(text.slice(end + 1, middle))
  const microseconds = Number(text.slice(middle + 1))
  return { number, clock: seconds * 1_000 + Math.floor(microseconds / 1_000) }
}

/**
 * The reply of scripts/batch.lua to one command that was not simply granted. Clients may be configured to return
 * numbers as strings, and strings as buffers.
 */
export function decodeReply(command: LockCommand, encoded: unknown, clock: number | undefined): NodeReply {
  if (Array.isArray(encoded)) {
    if (command.kind !== 'inspect')
      return { vote: 'refused', reason: 'stale', counter: Number(encoded[0]), clock }
    const sightings = command.keys.map((key, index) => sightingOf(key, encoded[index]))
    return { vote: 'granted', clock, sightings }
  }
  return (
    decodeRefusal(encoded, clock) ??
    voteOfError(new Error(String(encoded)), { source: batch.source, keys: command.keys })
  )
}

/** `undefined` for anything but the number of a refusal. */
export function decodeRefusal(encoded: unknown, clock: number | undefined): Refused | undefined {
  const number = Number(encoded)
  const reason = REASONS[number % 8]
  if (reason === undefined) return undefined
  return number < 8
    ? { vote: 'refused', reason, clock }
    : { vote: 'refused', reason, clock, remaining: Math.floor(number / 8) - 1 }
}

function sightingOf(key: string, encoded: unknown): Sighting {
  const [value, remaining, counter, ...waiters] = encoded as readonly Scalar[]
  return {
    key,
    value: isNull(value) ? null : String(value),
    remaining: Number(remaining) < 0 ? null : Number(remaining),
    waiters: waiters.map(String),
    counter: Number(counter),
  }
}
