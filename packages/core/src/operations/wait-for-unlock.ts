import type { Waiter } from '../node/lock-node.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Interruption } from '../wait/interruption.js'
import { PLACE_LIFE } from '../wait/place.js'
import type { Wakeups } from '../wait/wakeups.js'
import { isHeld, lookUntilSure, untilFree } from './inspect.js'

const HEARTBEAT = 1_000
/** Holders are known by value, not by name: a lock that expires by itself is looked at again a little later. */
const GRACE = 2

/** What is looked at, and for how long. */
export interface Watch {
  readonly resources: readonly string[]
  readonly keys: readonly string[]
  readonly timeout: number
  readonly retryInterval: number
}

/** Resolves true when nobody holds the keys, false when `timeout` ran out. Watches without standing in anybody's way. */
export async function waitForUnlock(
  quorum: Quorum,
  wakeups: Wakeups,
  watched: Watch,
  wanted: Interruption,
): Promise<boolean> {
  const { clock } = quorum
  const { resources, keys, timeout } = watched
  const until = clock.monotonic() + timeout
  const number = wakeups.nextNumber()
  const watch: Waiter = { id: wakeups.idOf(number), at: Infinity, age: 0, life: PLACE_LIFE }
  const told = new Set<string>()
  let rise: (() => void) | undefined
  wakeups.add(number, {
    woken: ({ name }) => {
      told.add(name)
      if (quorum.isQuorum(told.size)) rise?.()
    },
  })
  // A place is made on nodes that have the keys; it stands in nobody's way and lapses soon.
  let watching = false
  try {
    for (;;) {
      told.clear()
      const tally = await wanted.unless(lookUntilSure(quorum, keys, watch))
      if (!isHeld(quorum, resources, tally)) return true
      if (clock.monotonic() >= until) return false
      watching = true
      wakeups.listen()
      // Word that came while we looked may be newer than what we saw.
      if (quorum.isQuorum(told.size)) continue
      await wanted.unless(
        new Promise<void>((resolve) => {
          const due = Math.min(until, clock.monotonic() + pauseAfter(quorum, wakeups, watched, tally))
          const alarm = quorum.agenda.at(due, 'awaited', resolve)
          rise = () => {
            alarm.cancel()
            resolve()
          }
        }),
      )
    }
  } finally {
    wakeups.remove(number)
    rise?.()
    if (watching) {
      const leave = { kind: 'release', keys, value: watch.id } as const
      for (const member of quorum.members) member.deliver(leave, PLACE_LIFE, 'answered')
    }
  }
}

function pauseAfter(quorum: Quorum, wakeups: Wakeups, { retryInterval }: Watch, tally: Tally): number {
  const look = wakeups.hears ? HEARTBEAT : 2 * retryInterval * quorum.random.fraction()
  return Math.max(1, Math.min(look, untilFree(quorum, tally) + GRACE))
}
