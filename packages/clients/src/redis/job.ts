import type { Bearer, MarkerCheck, NodeCommand, Waiter } from '@quorumlock/core'
import { bearerOf, fenceOf, queueOf } from './companions.js'

/** Commands on locks. The others concern the node as a whole and travel alone. */
export type LockCommand = Exclude<NodeCommand, { kind: 'greet' | 'mark' }>

export const KINDS = { acquire: 1, extend: 2, repair: 3, release: 4, force: 5, inspect: 6 } as const

/** A call without the parts that differ between servers. */
interface Encoded {
  readonly commands: readonly LockCommand[]
  readonly lockCount: number
  readonly fenceCount: number
  readonly keys: readonly string[]
  /** What follows the run of the marker: one command as plain arguments, several as JSON without the opening bracket. */
  readonly job: string | readonly string[]
  /** JSON; the waiter of a single command is part of its job. */
  readonly waiters: string | undefined
}

/** Replaces the run when no marker is to be checked. The run of a server consists of word characters. */
const NO_RUN = '-'

/** More calls than a tick makes for one node, unless it has about a thousand commands. */
const REMEMBERED = 8
const recent: Encoded[] = []
let oldest = 0

/** The arguments of scripts/batch.lua, whose header defines the encoding: number of keys, keys, job. */
export function encodeJob(commands: readonly LockCommand[], marker: MarkerCheck | undefined): string[] {
  const { lockCount, fenceCount, keys, job, waiters } = encoded(commands)
  const keyCount = keys.length + (marker === undefined ? 0 : 1)
  const args = [String(keyCount)].concat(keys)
  if (marker !== undefined) args.push(marker.key)
  if (typeof job !== 'string') {
    args.push(String(lockCount), String(fenceCount), marker === undefined ? NO_RUN : marker.run)
    return args.concat(job)
  }
  const run = marker === undefined ? 'false' : JSON.stringify(marker.run)
  args.push(`[${lockCount},${fenceCount},${run},${job}`)
  if (waiters !== undefined) args.push(waiters)
  return args
}

/** All nodes of a quorum receive the same commands at the same time, so the encoding for one serves the others. */
function encoded(commands: readonly LockCommand[]): Encoded {
  for (const known of recent) if (areSame(commands, known.commands)) return known
  const fresh = encode(commands)
  recent[oldest] = fresh
  oldest = (oldest + 1) % REMEMBERED
  return fresh
}

function areSame(one: readonly LockCommand[], other: readonly LockCommand[]): boolean {
  return one.length === other.length && one.every((command, index) => isSame(command, other[index]))
}

/** Compares by identity, which shows that both come from one round. Between nodes only the marker of a command differs. */
function isSame(command: LockCommand, other: LockCommand | undefined): boolean {
  if (command === other) return true
  if (command.kind === 'release' && other?.kind === 'release') {
    const { value, keys, requeue, bearer } = command
    return (
      value === other.value && keys === other.keys && requeue === other.requeue && bearer === other.bearer
    )
  }
  if (command.kind !== 'acquire' || other?.kind !== 'acquire') return false
  const { value, keys, queue, fence, ttl } = command
  return (
    value === other.value &&
    keys === other.keys &&
    queue === other.queue &&
    fence === other.fence &&
    ttl === other.ttl
  )
}

function encode(commands: readonly LockCommand[]): Encoded {
  const locks: string[] = []
  const fences: string[] = []
  const queues: string[] = []
  const job: Json[] = []
  const waiters: Json[] = []
  for (const command of commands) {
    const { keys } = command
    const head = job.push(0) - 1
    const { flags, counted, queued } = encodeFields(command, job, waiters)
    job[head] = KINDS[command.kind] + 8 * flags + 64 * keys.length
    for (const key of keys) {
      locks.push(key)
      if (counted !== undefined) fences.push(counted(key))
      if (queued) queues.push(queueOf(key))
    }
  }
  const isAlone = commands.length === 1
  return {
    commands,
    lockCount: locks.length,
    fenceCount: fences.length,
    keys: locks.concat(fences, queues),
    job: isAlone ? job.concat(waiters).map(String) : JSON.stringify(job).slice(1),
    waiters: isAlone || waiters.length === 0 ? undefined : JSON.stringify(waiters),
  }
}

/** Which options a command has, and which companions of its keys it touches. */
interface Shape {
  readonly flags: number
  /** The companion that stores a number: the highest token, or the bearer of the lock. */
  readonly counted: ((key: string) => string) | undefined
  readonly queued: boolean
}

const shape = (flags: number, counted: Shape['counted'], queued: boolean): Shape => ({
  flags,
  counted,
  queued,
})
// Preallocated, so that the hot path creates none.
const PLAIN = shape(0, undefined, false)
const FENCED = shape(4, fenceOf, false)
const RESPECTFUL = [shape(1, undefined, true), shape(5, fenceOf, true)] as const
const WAITING = [shape(2, undefined, true), shape(6, fenceOf, true)] as const
const EXTEND = [shape(0, undefined, false), shape(1, bearerOf, false)] as const
const RELEASE = [shape(0, undefined, true), shape(1, undefined, true)] as const
const RELEASE_OF_BEARER = [shape(2, bearerOf, true), shape(3, bearerOf, true)] as const
const FORCE = shape(0, undefined, true)
const INSPECT = [shape(0, fenceOf, true), shape(1, fenceOf, true)] as const

type Json = string | number | boolean

function encodeFields(command: LockCommand, job: Json[], waiters: Json[]): Shape {
  switch (command.kind) {
    case 'acquire':
      return encodeAcquire(command, job, waiters)
    case 'extend':
      job.push(command.value, String(command.ttl))
      return EXTEND[encodeBearer(command, job)]
    case 'repair':
      job.push(command.value, String(command.ttl))
      return encodeFence(command, job) ? FENCED : PLAIN
    case 'release':
      return encodeRelease(command, job, waiters)
    case 'force':
      return FORCE
    case 'inspect':
      if (command.watch === undefined) return INSPECT[0]
      waiters.push(encodeWaiter(command.watch))
      return INSPECT[1]
  }
}

function encodeRelease(
  command: Extract<LockCommand, { kind: 'release' }>,
  job: Json[],
  waiters: Json[],
): Shape {
  job.push(command.value)
  const shapes = encodeBearer(command, job) === 0 ? RELEASE : RELEASE_OF_BEARER
  if (command.requeue === undefined) return shapes[0]
  waiters.push(encodeWaiter(command.requeue))
  return shapes[1]
}

function encodeBearer({ bearer }: { readonly bearer?: Bearer | undefined }, job: Json[]): 0 | 1 {
  if (bearer === undefined) return 0
  job.push(String(bearer))
  return 1
}

function encodeAcquire(
  command: Extract<LockCommand, { kind: 'acquire' }>,
  job: Json[],
  waiters: Json[],
): Shape {
  const { queue } = command
  job.push(command.value, String(command.ttl))
  if (typeof queue === 'object') waiters.push(encodeWaiter(queue, command.value))
  const fenced = encodeFence(command, job)
  if (queue === 'ignore') return fenced ? FENCED : PLAIN
  return (queue === 'respect' ? RESPECTFUL : WAITING)[fenced ? 1 : 0]
}

/** Common case: the id of the waiter is the value, which is part of the job already. */
function encodeWaiter({ id, at, age, life }: Waiter, value?: string): string {
  return `${at === Infinity ? -1 : at} ${age} ${life} ${id === value ? '' : id}`
}

function encodeFence(
  { fence, ttl }: Extract<LockCommand, { kind: 'acquire' | 'repair' }>,
  job: Json[],
): boolean {
  if (fence === undefined) return false
  job.push(String(fence.token), String(ttl + fence.retention))
  return true
}
