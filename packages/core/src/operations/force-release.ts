import { shownResources } from '../check.js'
import type { Holds } from '../holds.js'
import type { Quorum } from '../quorum/quorum.js'
import { unanswered } from './refusal.js'

/** Releases the keys regardless of their holder; true if they were held on any node. This client's own leases are lost at once. */
export async function forceRelease(
  quorum: Quorum,
  holds: Holds,
  resources: readonly string[],
  keys: readonly string[],
): Promise<boolean> {
  const tally = await quorum.round(() => ({ kind: 'force', keys }), { isDecided: () => false })
  for (const lease of holds.all) {
    if (lease.request.keys.some((key) => keys.includes(key))) holds.lose(lease, 'forced')
  }
  if (!tally.isAnswered) throw unanswered(quorum, `release ${shownResources(resources)}`, resources, tally)
  return tally.granted > 0
}
