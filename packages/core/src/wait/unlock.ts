import type { Engine } from '../engine.js'
import type { Waiter } from '../node/lock-node.js'
import { isHeld, look, untilFree } from '../quorum/look.js'
import type { Tally } from '../quorum/tally.js'
import type { Interruption } from './interruption.js'
import { PLACE_LIFE } from './place.js'

const HEARTBEAT = 1_000
/** Holders are known by value, not by name: a lock that expires by itself is looked at again a little later. */
const GRACE = 2

/** Resolves true when nobody holds the keys, false when `timeout` ran out. Watches without standing in anybody's way. */
export async function waitForUnlock(
  engine: Engine,
  resources: readonly string[],
  timeout: number,
  wanted: Interruption,
): Promise<boolean> {
  const { clock, quorum } = engine.options
  const keys = resources.map((resource) => engine.keyOf(resource))
  const until = clock.monotonic() + timeout
  const number = engine.wakeups.nextNumber()
  const watch: Waiter = { id: engine.wakeups.idOf(number), at: Infinity, age: 0, life: PLACE_LIFE }
  const told = new Set<string>()
  let rise: (() => void) | undefined
  engine.wakeups.add(number, {
    woken: ({ name }) => {
      told.add(name)
      if (told.size >= quorum) rise?.()
    },
  })
  // A place is made on nodes that have the keys; it stands in nobody's way and lapses soon.
  let watching = false
  try {
    for (;;) {
      told.clear()
      const tally = await wanted.unless(look(engine, keys, watch, false))
      if (!isHeld(engine, resources, tally)) return true
      if (clock.monotonic() >= until) return false
      watching = true
      engine.wakeups.listen()
      // Word that came while we looked may be newer than what we saw.
      if (told.size >= quorum) continue
      await wanted.unless(
        new Promise<void>((resolve) => {
          const due = Math.min(until, clock.monotonic() + pauseAfter(engine, tally))
          const alarm = engine.agenda.at(due, 'awaited', resolve)
          rise = () => {
            alarm.cancel()
            resolve()
          }
        }),
      )
    }
  } finally {
    engine.wakeups.remove(number)
    rise?.()
    if (watching) {
      const leave = { kind: 'release', keys, value: watch.id } as const
      for (const member of engine.members) member.deliver(leave, PLACE_LIFE, 'answered')
    }
  }
}

function pauseAfter(engine: Engine, tally: Tally): number {
  const { retryInterval, random } = engine.options
  const look = engine.wakeups.hears ? HEARTBEAT : 2 * retryInterval * random.fraction()
  return Math.max(1, Math.min(look, untilFree(engine, tally) + GRACE))
}
