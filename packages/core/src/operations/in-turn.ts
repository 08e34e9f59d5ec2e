import type { Claim, Lease } from '../lease.js'
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
  claim: Claim,
  wanted: Interruption,
  progress: Progress,
): Promise<Lease> {
  const { quorum, wakeups, guard } = client
  const { clock } = quorum
  const until = clock.monotonic() + claim.options.wait
  const place = new Place(quorum, wakeups, claim, guard !== undefined)
  const waiting = new Waiting(quorum, wakeups, place, claim.options.retryInterval)
  wanted.onInterrupt(() => {
    waiting.end()
  })
  let last: Lost | undefined
  try {
    for (;;) {
      const unready = ready(client, wanted)
      if (unready !== undefined) await unready
      waiting.attempting()
      last?.abandon()
      if (last !== undefined) place.noteHearing(last.tally)
      progress.attempts++
      const patience = progress.patience(claim, until)
      const result = await attempt(quorum, claim, wanted, place, patience)
      if (result.won) {
        place.served(result.lease)
        return result.lease
      }
      last = result
      const telling = progress.lost(result.tally, patience, claim)
      if (!result.tally.isMisuse && clock.monotonic() < until) await waiting.sleep(result.tally, until)
      wanted.throwIfInterrupted()
      const handed = place.takeOver(claim)
      if (handed !== undefined) return handed
      if (result.tally.isMisuse || clock.monotonic() >= until) throw refusal(quorum, claim.resources, telling)
    }
  } finally {
    waiting.end()
    place.leave(last?.tally)
  }
}
