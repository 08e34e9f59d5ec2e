import type { Waiter } from '../node/commands.js'
import { formatWaiterId } from '../node/waiter-id.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Interruption } from '../wait/interruption.js'
import { HEARTBEAT, PLACE_LIFE } from '../wait/place.js'
import type { Wakeups } from '../wait/wakeups.js'
import { inspectUntilDecided, isHeld, untilFree } from './inspect.js'

/** After a lock should have expired, how much later to check again, milliseconds. */
const GRACE = 2

/** What is watched, and for how long. */
export interface Watch {
  readonly resources: readonly string[]
  readonly keys: readonly string[]
  readonly timeout: number
  readonly retryInterval: number
}

/** Resolves true when the keys are free, false when `timeout` ran out. Watches without holding up any waiter. */
export async function waitForUnlock(
  quorum: Quorum,
  wakeups: Wakeups,
  watched: Watch,
  interruption: Interruption,
): Promise<boolean> {
  const { clock } = quorum
  const { resources, keys, timeout } = watched
  const until = clock.monotonic() + timeout
  const number = wakeups.nextNumber()
  const id = formatWaiterId({ channel: wakeups.channel, number })
  const watch: Waiter = { id, at: Infinity, age: 0, life: PLACE_LIFE }
  const reported = new Set<string>()
  let rise: (() => void) | undefined
  wakeups.add(number, {
    woken: ({ name }) => {
      reported.add(name)
      if (quorum.isQuorum(reported.size)) rise?.()
    },
  })
  // Nodes where the keys are held store the place of this watcher, which holds up no waiter and expires soon.
  let watching = false
  try {
    for (;;) {
      reported.clear()
      const tally = await interruption.race(inspectUntilDecided(quorum, keys, watch))
      if (!isHeld(quorum, resources, tally)) return true
      if (clock.monotonic() >= until) return false
      watching = true
      wakeups.listen()
      // Wake-ups during the inspection may be newer than its result.
      if (quorum.isQuorum(reported.size)) continue
      await interruption.race(
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
  const poll = wakeups.hearsQuorum ? HEARTBEAT : 2 * retryInterval * quorum.random.fraction()
  return Math.max(1, Math.min(poll, untilFree(quorum, tally) + GRACE))
}
