import type { Lease, LockRequest } from '../lease.js'
import type { Interruption } from '../wait/interruption.js'
import { Place } from '../wait/place.js'
import { Waiting } from '../wait/waiting.js'
import { ready, type Acquiring } from './acquiring.js'
import { attempt, type Lost } from './attempt.js'
import type { Progress } from './progress.js'
import { refusal } from './refusal.js'

/** First come, first served: every attempt carries the same place in the queue of every node. */
export async function acquireInTurn(
  client: Acquiring,
  request: LockRequest,
  interruption: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { quorum, wakeups, guard } = client
  const { clock } = quorum
  const until = clock.monotonic() + request.options.wait
  const place = new Place(quorum, wakeups, request, guard !== undefined)
  const waiting = new Waiting(quorum, wakeups, place, request.options.retryInterval)
  interruption.onInterrupt(() => {
    waiting.end()
  })
  let last: Lost | undefined
  try {
    for (;;) {
      const unready = ready(client, interruption)
      if (unready !== undefined) await unready
      waiting.attempting()
      last?.rollBack()
      if (last !== undefined) place.updateOffer(last.tally)
      progress.attempts++
      const deadline = progress.deadline(request, until)
      const result = await attempt(quorum, request, interruption, place, deadline)
      if (result.won) {
        place.served(result.lease)
        return result.lease
      }
      last = result
      const { isMisuse } = result.tally
      const reported = progress.lost(result.tally, deadline, request)
      if (!isMisuse && clock.monotonic() < until) await waiting.sleep(result.tally, until)
      interruption.throwIfInterrupted()
      const handedOver = place.takeOver(request)
      if (handedOver !== undefined) return handedOver
      if (isMisuse || clock.monotonic() >= until) throw refusal(quorum, request.resources, reported)
    }
  } finally {
    waiting.end()
    place.leave(last?.tally)
  }
}
