import type { Lease } from '../lease.js'
import type { NodeReply } from '../node/replies.js'
import { attempt } from './attempt.js'
import type { Call } from './call.js'
import { refusal } from './refusal.js'

/** Doublings of the pause between attempts. */
const MOST_DOUBLINGS = 4

/** Classic Redlock: attempts at random intervals, with the remaining TTL and the nodes' replies as hints. */
export async function acquireByChance(call: Call): Promise<Lease> {
  const { request, interruption } = call
  const { quorum } = call.client
  const { clock, random } = quorum
  const { wait, retryInterval } = request.options
  const until = clock.monotonic() + wait
  for (;;) {
    const unready = call.ready()
    if (unready !== undefined) await unready
    const deadline = call.deadline(until)
    const result = await attempt(call, 'ignore', deadline)
    if (result.won) return result.lease
    // Late votes count too, so the tally is asked again after the pause.
    const { tally } = result
    const reported = call.lost(tally, deadline)
    try {
      const left = until - clock.monotonic()
      if (!tally.isMisuse && left > 0) {
        // Full jitter, and no longer than until the lock expires. A key has expired only after its last millisecond.
        const backOff = random.fraction() * retryInterval * 2 ** Math.min(call.attempts, MOST_DOUBLINGS)
        const expiry = quorum.qthSmallest(tally.replies.map(untilExpiry)) + 1
        await interruption.pause(Math.max(1, Math.min(backOff, expiry, left)))
      }
    } finally {
      result.rollBack()
    }
    if (tally.isMisuse || clock.monotonic() >= until) throw refusal(quorum, request.resources, reported)
  }
}

/** A node that granted the lock promises nothing for the next attempt, because other clients are trying as well. */
function untilExpiry(reply: NodeReply | undefined): number {
  return reply?.vote === 'refused' ? (reply.remaining ?? Infinity) : Infinity
}
