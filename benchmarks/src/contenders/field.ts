import type { Entry } from './contender.js'
import { floors } from './floor.js'
import { peers } from './peers.js'
import { quorumlock, unguarded } from './quorumlock.js'

/** Everybody who takes part, in the order of the tables. */
export const field: readonly Entry[] = [...quorumlock, ...peers, ...floors]

/** The same where nothing but throughput counts, with one that is of interest only there. */
export const uncontendedField: readonly Entry[] = [...quorumlock, unguarded, ...peers, ...floors]

/** Enough to see that everything works. */
export const quickField: readonly Entry[] = field.filter(({ name }) =>
  ['quorumlock', 'quorumlock, fencing', 'redis-semaphore', 'bare commands, node-redis'].includes(name),
)

export function entryOf(name: string): Entry {
  const entry = uncontendedField.find((one) => one.name === name)
  if (entry === undefined)
    throw new RangeError(`Unknown contender ${name}: ${field.map((one) => one.name).join(' · ')}`)
  return entry
}
