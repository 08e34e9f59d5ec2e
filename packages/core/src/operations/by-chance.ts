import type { Lease, LockRequest } from '../lease.js'
import type { NodeReply } from '../node/lock-node.js'
import type { Interruption } from '../wait/interruption.js'
import { ready, type Acquiring } from './acquiring.js'
import { attempt } from './attempt.js'
import type { Progress } from './progress.js'
import { refusal } from './refusal.js'

/** Doublings of the pause between attempts. */
const MOST_DOUBLINGS = 4

/** Classic Redlock: attempts at random intervals, with the remaining TTL and the nodes' replies as hints. */
export async function acquireByChance(
  client: Acquiring,
  request: LockRequest,
  interruption: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { quorum } = client
  const { clock, random } = quorum
  const { wait, retryInterval } = request.options
  const until = clock.monotonic() + wait
  for (;;) {
    const unready = ready(client, interruption)
    if (unready !== undefined) await unready
    progress.attempts++
    const deadline = progress.deadline(request, until)
    const result = await attempt(quorum, request, interruption, 'ignore', deadline)
    if (result.won) return result.lease
    const { isMisuse, replies } = result.tally
    const reported = progress.lost(result.tally, deadline, request)
    try {
      const left = until - clock.monotonic()
      if (!isMisuse && left > 0) {
        // Full jitter, and no longer than until the lock expires. A key has expired only after its last millisecond.
        const backOff = random.fraction() * retryInterval * 2 ** Math.min(progress.attempts, MOST_DOUBLINGS)
        const expiry = quorum.qthSmallest(replies.map(untilExpiry)) + 1
        await interruption.pause(Math.max(1, Math.min(backOff, expiry, left)))
      }
    } finally {
      result.rollBack()
    }
    if (isMisuse || clock.monotonic() >= until) throw refusal(quorum, request.resources, reported)
  }
}

/** A node that granted the lock promises nothing for the next attempt, because other clients are trying as well. */
function untilExpiry(reply: NodeReply | undefined): number {
  return reply?.vote === 'refused' ? (reply.remaining ?? Infinity) : Infinity
}
