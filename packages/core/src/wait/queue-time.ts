import { CLOCK_TOLERANCE } from '../node/commands.js'
import type { Quorum } from '../quorum/quorum.js'

/** Half of what nodes tolerate, so that the client corrects its time before the nodes replace it, each differently. */
const OWN_TOLERANCE = CLOCK_TOLERANCE / 2

/** The beginning of a wait: `at` orders waiters across clients, `monotonic` measures the age of the wait. */
export interface QueueTime {
  readonly at: number
  readonly monotonic: number
}

/** By this machine's wall clock, or by that of most nodes where the two disagree. */
export function queueTime({ clock, members }: Quorum): QueueTime {
  const monotonic = clock.monotonic()
  const wall = clock.wall()
  const offsets = members.map(({ clockOffset }) => clockOffset)
  return { at: Math.round(wall + correction(wall - monotonic, offsets)), monotonic }
}

function correction(ownOffset: number, offsets: readonly (number | undefined)[]): number {
  let known = 0
  let disagreeing = 0
  for (const offset of offsets) {
    if (offset === undefined) continue
    known++
    if (Math.abs(offset - ownOffset) > OWN_TOLERANCE) disagreeing++
  }
  if (disagreeing * 2 <= known) return 0
  const differences = offsets
    .flatMap((offset) => (offset === undefined ? [] : [offset - ownOffset]))
    .sort((a, b) => a - b)
  const median = differences[Math.floor(differences.length / 2)] ?? 0
  return Math.abs(median) > OWN_TOLERANCE ? median : 0
}
