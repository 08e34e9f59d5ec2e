import type { Claim, Lease } from '../lease.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import type { Interruption } from '../wait/interruption.js'
import { ready, type Acquiring } from './acquiring.js'
import { attempt } from './attempt.js'
import type { Progress } from './progress.js'
import { refusal } from './refusal.js'

/** Doublings of the pause between attempts. */
const MOST_DOUBLINGS = 4

/** Classic Redlock: attempts at random intervals, with the remaining TTL and a node's word as hints. */
export async function acquireByChance(
  client: Acquiring,
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { quorum } = client
  const { clock, random } = quorum
  const { wait, retryInterval } = claim.options
  const until = clock.monotonic() + wait
  for (;;) {
    const unready = ready(client, wanted)
    if (unready !== undefined) await unready
    progress.attempts++
    const patience = progress.patience(claim, until)
    const result = await attempt(quorum, claim, wanted, 'ignore', patience)
    if (result.won) return result.lease
    const telling = progress.lost(result.tally, patience, claim)
    try {
      const left = until - clock.monotonic()
      if (!result.tally.isMisuse && left > 0) {
        // Full jitter, and no longer than until the lock is free by itself.
        const backOff = random.fraction() * retryInterval * 2 ** Math.min(progress.attempts, MOST_DOUBLINGS)
        await wanted.pause(Math.max(1, Math.min(backOff, remainingOf(quorum, result.tally), left)))
      }
    } finally {
      result.abandon()
    }
    if (result.tally.isMisuse || clock.monotonic() >= until) throw refusal(quorum, claim.resources, telling)
  }
}

/** Milliseconds until so many have expired that a quorum may be free. */
function remainingOf(quorum: Quorum, { replies }: Tally): number {
  return (
    1 +
    quorum.qthSmallest(
      replies.map((reply) => (reply?.vote === 'refused' ? (reply.remaining ?? Infinity) : Infinity)),
    )
  )
}
