import type { Bearer, Fence, MarkerCheck, NodeCommand, Waiter } from '@quorumlock/core'
import { bearerOf, fenceOf, queueOf } from './companions.js'
import { acquire, batch, release, type EmbeddedScript } from './scripts/embedded.js'

/** Commands on locks. The others travel alone. */
export type LockCommand = Extract<NodeCommand, { keys: unknown }>
type AcquireCommand = Extract<LockCommand, { kind: 'acquire' }>
type ReleaseCommand = Extract<LockCommand, { kind: 'release' }>

/** EVAL and the text of a script, or EVALSHA and its hash. */
type Head = readonly [verb: string, script: string]

/** Commands as they travel in one call, without the parts that differ between servers. */
export interface Job {
  readonly script: EmbeddedScript
  /** `head`, number of keys, keys and arguments of the call with this number. */
  command(head: Head, number: string, marker: MarkerCheck | undefined): string[]
}

/** More calls than a tick makes for one node, unless it has about a thousand commands. */
const REMEMBERED = 8
const recent: { readonly commands: readonly LockCommand[]; readonly job: Job }[] = []
let oldest = 0

/** All nodes of a quorum receive the same commands at the same time, so the encoding for one serves the others. */
export function jobOf(commands: readonly LockCommand[]): Job {
  // From the newest to the oldest.
  for (let age = 1; age <= recent.length; age++) {
    const known = recent[(oldest + REMEMBERED - age) % REMEMBERED]
    if (known !== undefined && areSame(commands, known.commands)) return known.job
  }
  const job = encode(commands)
  recent[oldest] = { commands, job }
  oldest = (oldest + 1) % REMEMBERED
  return job
}

function areSame(one: readonly LockCommand[], other: readonly LockCommand[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (!isSame(one[index], other[index])) return false
  return true
}

/** Compares by identity, which shows that both come from one round. Between nodes only the marker of a command differs. */
function isSame(command: LockCommand | undefined, other: LockCommand | undefined): boolean {
  if (command === other) return true
  if (command?.kind === 'release' && other?.kind === 'release') {
    const { value, keys, requeue, bearer } = command
    return (
      value === other.value && keys === other.keys && requeue === other.requeue && bearer === other.bearer
    )
  }
  if (command?.kind !== 'acquire' || other?.kind !== 'acquire') return false
  const { value, keys, queue, fence, ttl } = command
  return (
    value === other.value &&
    keys === other.keys &&
    queue === other.queue &&
    fence === other.fence &&
    ttl === other.ttl
  )
}

function encode(commands: readonly LockCommand[]): Job {
  const [command] = commands
  if (commands.length === 1 && command?.keys.length === 1) {
    if (command.kind === 'acquire') return jobOfAcquire(command)
    if (command.kind === 'release' && command.requeue === undefined && command.bearer === undefined)
      return jobOfRelease(command)
  }
  return jobOfBatch(commands)
}

/** The arguments of scripts/acquire.lua. */
function jobOfAcquire({ keys: [key], value, ttl, queue, fence }: AcquireCommand): Job {
  const lock = key as string
  const places = queueOf(lock)
  const life = String(ttl)
  const waiter = typeof queue === 'object' ? encodeWaiter(queue, value) : queue
  const counter = fence === undefined ? [] : [fenceOf(lock)]
  const token = fence === undefined ? [] : [String(fence.token), counterLife(fence, ttl)]
  return {
    script: acquire,
    command: ([verb, script], number, marker) => {
      const stamp = marker === undefined ? '' : marker.stamp
      const mustRecord = marker !== undefined && ttl > marker.longestTtl
      if (fence === undefined && !mustRecord) {
        // Common case.
        return marker === undefined
          ? [verb, script, '2', lock, places, number, value, life, waiter, stamp]
          : [verb, script, '3', lock, places, marker.key, number, value, life, waiter, stamp]
      }
      const keys = [lock, places, ...counter, ...(marker === undefined ? [] : [marker.key])]
      const record = mustRecord ? 'record' : ''
      const args = [number, value, life, waiter, stamp, record, ...token]
      return [verb, script, String(keys.length), ...keys, ...args]
    },
  }
}

/** The arguments of scripts/release.lua. */
function jobOfRelease({ keys: [key], value }: ReleaseCommand): Job {
  const lock = key as string
  const places = queueOf(lock)
  return {
    script: release,
    command: ([verb, script], number, marker) =>
      marker === undefined
        ? [verb, script, '2', lock, places, number, value, '']
        : [verb, script, '3', lock, places, marker.key, number, value, marker.stamp],
  }
}

/** The arguments of scripts/batch.lua, whose header defines the encoding. */
function jobOfBatch(commands: readonly LockCommand[]): Job {
  const groups = new Groups()
  for (const command of commands) groups.add(command)
  const keys = groups.keys()
  const rest = groups.json()
  return {
    script: batch,
    command: ([verb, script], number, marker) => {
      const count = String(keys.length + (marker === undefined ? 0 : 1))
      const args = [verb, script, count].concat(keys)
      if (marker !== undefined) args.push(marker.key)
      args.push(number, marker?.stamp ?? '', String(marker?.longestTtl ?? 0))
      return args.concat(rest)
    },
  }
}

const KINDS = { acquire: 1, extend: 2, repair: 3, release: 4, force: 5, inspect: 6 } as const
const RESPECTS = 8
const HAS_WAITER = 16
const HAS_COUNTERS = 32
const HAS_QUEUES = 64
const PER_KEY = 128

type Json = string | number

/** Commands in their order, those in a row together whose first fields are the same. */
class Groups {
  readonly #locks: string[] = []
  readonly #counters: string[] = []
  readonly #queues: string[] = []
  readonly #fields: Json[] = []
  readonly #waiters: string[] = []
  #code = 0
  #common: readonly Json[] = []
  /** Where the number of commands of the last group is. */
  #countAt = -1

  add(command: LockCommand): void {
    switch (command.kind) {
      case 'acquire': {
        const { queue, value, fence, ttl } = command
        const flags = queue === 'ignore' ? 0 : HAS_QUEUES + (queue === 'respect' ? RESPECTS : HAS_WAITER)
        if (typeof queue === 'object') this.#waiters.push(encodeWaiter(queue, value))
        this.#addFenced(command, flags, value, ttl, fence)
        break
      }
      case 'repair':
        this.#addFenced(command, 0, command.value, command.ttl, command.fence)
        break
      case 'extend':
        this.#addBorne(command, 0, command.value, [String(command.ttl)], command.bearer)
        break
      case 'release': {
        const { requeue, value, bearer } = command
        if (requeue !== undefined) this.#waiters.push(encodeWaiter(requeue))
        this.#addBorne(command, HAS_QUEUES + (requeue === undefined ? 0 : HAS_WAITER), value, [], bearer)
        break
      }
      case 'force':
        this.#add(command, HAS_QUEUES, [], [])
        break
      case 'inspect': {
        const { watch } = command
        if (watch !== undefined) this.#waiters.push(encodeWaiter(watch))
        const flags = HAS_COUNTERS + HAS_QUEUES + (watch === undefined ? 0 : HAS_WAITER)
        this.#add(command, flags, [], [], fenceOf)
      }
    }
  }

  keys(): string[] {
    return this.#locks.concat(this.#counters, this.#queues)
  }

  json(): string[] {
    const job = JSON.stringify([this.#locks.length, this.#counters.length].concat(this.#fields as number[]))
    return this.#waiters.length === 0 ? [job] : [job, JSON.stringify(this.#waiters)]
  }

  #addFenced(
    command: LockCommand,
    flags: number,
    value: string,
    ttl: number,
    fence: Fence | undefined,
  ): void {
    if (fence === undefined) this.#add(command, flags, [String(ttl)], [value])
    else {
      const common = [String(ttl), counterLife(fence, ttl)]
      this.#add(command, flags + HAS_COUNTERS, common, [value, String(fence.token)], fenceOf)
    }
  }

  #addBorne(
    command: LockCommand,
    flags: number,
    value: string,
    common: readonly Json[],
    bearer: Bearer | undefined,
  ): void {
    if (bearer === undefined) this.#add(command, flags, common, [value])
    else this.#add(command, flags + HAS_COUNTERS, [...common, bearer], [value], bearerOf)
  }

  #add(
    { kind, keys }: LockCommand,
    flags: number,
    common: readonly Json[],
    own: readonly Json[],
    counterOf?: (key: string) => string,
  ): void {
    const code = KINDS[kind] + flags + PER_KEY * keys.length
    if (code === this.#code && common.every((field, index) => field === this.#common[index])) {
      ;(this.#fields[this.#countAt] as number)++
    } else {
      this.#code = code
      this.#common = common
      this.#countAt = this.#fields.push(code, 1) - 1
      this.#fields.push(...common)
    }
    this.#fields.push(...own)
    for (const key of keys) {
      this.#locks.push(key)
      if (counterOf !== undefined) this.#counters.push(counterOf(key))
      if ((flags & HAS_QUEUES) !== 0) this.#queues.push(queueOf(key))
    }
  }
}

function counterLife({ retention }: Fence, ttl: number): string {
  return String(ttl + retention)
}

/** Common case: the id of the waiter is the value, which is sent anyway. */
function encodeWaiter({ id, at, age, life }: Waiter, value?: string): string {
  return `${at === Infinity ? -1 : at} ${age} ${life} ${id === value ? '' : id}`
}
