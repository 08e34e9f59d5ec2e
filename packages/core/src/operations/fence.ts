import { shownResources } from '../check.js'
import { LockMisuseError } from '../errors.js'
import type { LockRequest } from '../lease.js'
import type { Fence } from '../node/commands.js'
import type { NodeReply } from '../node/replies.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'

/**
 * Servers count in doubles, up to 2^53. A clock that is wrong by centuries must not bring a counter near that, because
 * the resource could not be locked until the counter is forgotten. In microseconds since 1970 this is the year 2223.
 */
const HIGHEST_TOKEN = 8e15

/** "Fencing token from the quorum": proposals follow the clock, so that in the common case the first one succeeds. */
export function nextFence(quorum: Quorum, { resources, options: { fenceRetention } }: LockRequest): Fence {
  const { clock } = quorum
  const micros = Math.floor(clock.wall() * 1_000 + (clock.monotonic() % 1) * 1_000)
  const token = Math.max(quorum.highestToken + 1, micros)
  if (token > HIGHEST_TOKEN) {
    const time = new Date(clock.wall()).toISOString()
    throw new LockMisuseError(
      `Cannot draw a fencing token for ${shownResources(resources)}: the clock of this machine is at ${time}. Correct it`,
      { resources },
    )
  }
  quorum.highestToken = token
  return { token, retention: fenceRetention }
}

/** Takes note of the token that a node has refused a lower one for. */
export function noteCounter(quorum: Quorum, reply: NodeReply): void {
  const counter = counterOf(reply)
  if (counter < HIGHEST_TOKEN) quorum.highestToken = Math.max(quorum.highestToken, counter)
}

/** Lost for the number of the token alone: a higher one may win at once. */
export function isStaleOnly(quorum: Quorum, tally: Tally): boolean {
  const stale = tally.refusals('stale')
  return stale > 0 && quorum.isQuorum(tally.granted + stale + tally.outstanding)
}

/** A client that did not check its own clock has drawn a token that no other can exceed. Other resources are unaffected. */
export function isBeyondCounting({ replies }: Tally): boolean {
  return replies.some((reply) => reply !== undefined && counterOf(reply) >= HIGHEST_TOKEN)
}

export function beyondCounting({ resources }: LockRequest, tally: Tally): LockMisuseError {
  return new LockMisuseError(
    `Cannot draw a fencing token for ${shownResources(resources)}: the last one was drawn by a machine with a wrong clock, and there is no higher one. Delete the counters of the resource on the nodes (keys that end in :#fence)`,
    { resources, votes: tally.votes() },
  )
}

function counterOf(reply: NodeReply): number {
  return reply.vote === 'refused' ? (reply.counter ?? 0) : 0
}
