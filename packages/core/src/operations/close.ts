import { shownResources } from '../check.js'
import { LockLostError } from '../errors.js'
import type { Guard } from '../guard/guard.js'
import type { Holds } from '../holds.js'
import type { Lease } from '../lease.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Waits } from '../wait/waits.js'
import type { Wakeups } from '../wait/wakeups.js'

/** How long to wait for the last releases, and then for the nodes to close, milliseconds. */
const WITHIN = 2_000

export interface Closing {
  readonly quorum: Quorum
  readonly guard: Guard | undefined
  readonly wakeups: Wakeups
  readonly waits: Waits
  readonly holds: Holds
}

/** Ends all waits, releases what is held except what was detached, and closes what the client opened. Bounded in time. */
export async function close({ quorum, guard, wakeups, waits, holds }: Closing): Promise<void> {
  waits.close()
  for (const lease of holds.all) {
    if (!lease.detached) void holds.release(lease, endedByClose(lease))
  }
  await within(quorum, holds.released())
  await settled(quorum)
  holds.close()
  guard?.close()
  wakeups.close()
  for (const member of quorum.members) member.close()
  const closings = quorum.members.map(async ({ node }) => node.close?.())
  await within(quorum, Promise.allSettled(closings))
}

/** Waits for `work`, but no longer than that; leaves no timer behind that would keep the process alive. */
async function within({ agenda, clock }: Quorum, work: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const alarm = agenda.at(clock.monotonic() + WITHIN, 'awaited', resolve)
    void work.then(() => {
      alarm.cancel()
      resolve()
    })
  })
}

/** Releases and rollbacks still in flight would otherwise block other clients until the keys expire. */
async function settled(quorum: Quorum): Promise<void> {
  const { members, clock, nodeTimeout } = quorum
  const until = clock.monotonic() + nodeTimeout
  const open = (): boolean =>
    members.some(({ isReachable, pendingReleases, pending }) => isReachable && pendingReleases + pending > 0)
  while (open() && clock.monotonic() < until) await quorum.pause(1)
}

/** Code that still works under the lock must be notified, because another client is about to get it. */
function endedByClose({ request: { resources } }: Lease): LockLostError {
  return new LockLostError('closed', `${shownResources(resources)} was released: its Redlock was closed`, {
    resources,
  })
}
