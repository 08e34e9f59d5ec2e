import type { Lease } from '../lease.js'
import { Place } from '../wait/place.js'
import { Waiting } from '../wait/waiting.js'
import { attempt, type Lost } from './attempt.js'
import type { Call } from './call.js'
import { refusal } from './refusal.js'

/** First come, first served: every attempt carries the same place in the queue of every node. */
export async function acquireInTurn(call: Call): Promise<Lease> {
  const { request, interruption } = call
  const { quorum, wakeups, guard } = call.client
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
      const unready = call.ready()
      if (unready !== undefined) await unready
      waiting.attempting()
      last?.rollBack()
      if (last !== undefined) place.updateOffer(last.tally)
      const deadline = call.deadline(until)
      const result = await attempt(call, place, deadline)
      if (result.won) {
        place.served(result.lease)
        return result.lease
      }
      last = result
      // Late votes count too, so the tally is asked again after the sleep.
      const { tally } = result
      const reported = call.lost(tally, deadline)
      if (!tally.isMisuse && clock.monotonic() < until) await waiting.sleep(tally, until)
      interruption.throwIfInterrupted()
      const handedOver = place.takeOver(request)
      if (handedOver !== undefined) return handedOver
      if (tally.isMisuse || clock.monotonic() >= until) throw refusal(quorum, request.resources, reported)
    }
  } finally {
    waiting.end()
    place.leave(last?.tally)
  }
}
