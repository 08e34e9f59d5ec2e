import type { Entry } from './contender.js'
import { floors } from './floor.js'
import { peers } from './peers.js'
import { quorumlock, unguarded } from './quorumlock.js'

/** All contenders, in the order of the tables. */
export const field: readonly Entry[] = [...quorumlock, ...peers, ...floors]

/** The contenders where only throughput counts, with one that is interesting only there. */
export const uncontendedField: readonly Entry[] = [...quorumlock, unguarded, ...peers, ...floors]

/** Enough to show that everything works. */
export const quickField: readonly Entry[] = field.filter(({ name }) =>
  ['quorumlock', 'quorumlock, fencing', 'redis-semaphore', 'bare commands, node-redis'].includes(name),
)

export function entryOf(name: string): Entry {
  const entry = uncontendedField.find((one) => one.name === name)
  if (entry === undefined)
    throw new RangeError(
      `Expected the contender to be one of ${uncontendedField.map((one) => one.name).join(' · ')}, got ${name}`,
    )
  return entry
}
