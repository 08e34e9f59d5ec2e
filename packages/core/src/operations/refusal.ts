import { shownResources } from '../check.js'
import { LockContendedError, LockMisuseError, QuorumUnavailableError, type ErrorDetails } from '../errors.js'
import type { NodeReply } from '../node/replies.js'
import { describeQuarantine } from '../quorum/admission.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { FRESHNESS } from '../quorum/validity.js'

/** Characters of one node's reason in a message; its vote has all of them. */
const LONGEST_REASON = 300

/** Why a lock could not be acquired. */
export function refusal(quorum: Quorum, resources: readonly string[], tally: Tally): Error {
  if (tally.tookTooLong) {
    return new QuorumUnavailableError(
      `Cannot lock ${shownResources(resources)}: it took too long until enough nodes had agreed, more than the lock would have lived or than ${FRESHNESS} ms. Increase ttl, or retry later`,
      detailsOf(resources, tally),
    )
  }
  if (tally.isMisuse || tally.isUnavailable) {
    return unanswered(quorum, `lock ${shownResources(resources)}`, resources, tally)
  }
  return new LockContendedError(
    `Cannot lock ${shownResources(resources)}: it is held, or other waiters are ahead (${reasonsIn(quorum, tally)}). Increase wait, or retry later`,
    detailsOf(resources, tally),
  )
}

/** Too many nodes did not do what they were asked to (`doing`) for the rest to be a quorum. */
export function unanswered(
  quorum: Quorum,
  doing: string,
  resources: readonly string[],
  tally: Tally,
): QuorumUnavailableError {
  const { size } = quorum
  const total = quorum.members.length
  const needed = `${size} ${size === 1 ? 'is' : 'are'} needed`
  if (tally.isMisuse) {
    return new LockMisuseError(
      `Cannot ${doing}: ${tally.misused} of ${nodes(total)} reject the request permanently, ${needed} (${reasonsIn(quorum, tally)}). ${remediesIn(tally) ?? 'Check the type of the key and the permissions of the user'}`,
      detailsOf(resources, tally),
    )
  }
  return new QuorumUnavailableError(
    `Cannot ${doing}: ${tally.unable} of ${nodes(total)} are unavailable, ${needed} (${reasonsIn(quorum, tally)}). ${remediesIn(tally) ?? 'Restore nodes, or retry later'}`,
    detailsOf(resources, tally),
  )
}

function detailsOf(resources: readonly string[], tally: Tally): ErrorDetails {
  const causes = tally.replies.flatMap((reply) =>
    reply !== undefined && 'cause' in reply ? [reply.cause] : [],
  )
  return { resources, votes: tally.votes(), cause: causes[0] }
}

/** Nodes that nobody asked for one and the same reason are named together. */
function reasonsIn({ members }: Quorum, tally: Tally): string {
  const named = new Map<string, string[]>()
  tally.votes().forEach(({ node, vote, reason = vote }, index) => {
    if (vote === 'granted') return
    const { admission } = members[index] as Member
    const quarantine = reason.startsWith('quarantined') ? describeQuarantine(admission) : undefined
    const shown = cut(quarantine ?? reason)
    const group = remedyIn(tally.replies[index]) === undefined ? `${shown} ${index}` : shown
    named.set(group, [...(named.get(group) ?? [shown]), node])
  })
  return [...named.values()].map(([reason, ...names]) => `${names.join(', ')}: ${reason}`).join('; ')
}

/** What to do, if nodes that were not asked say so. */
function remediesIn({ replies }: Tally): string | undefined {
  const remedies = new Set(replies.map(remedyIn).filter((remedy) => remedy !== undefined))
  return remedies.size === 0 ? undefined : [...remedies].join('. ')
}

function remedyIn(reply: NodeReply | undefined): string | undefined {
  return reply?.vote === 'failed' ? reply.remedy : undefined
}

function nodes(total: number): string {
  return total === 1 ? '1 node' : `${total} nodes`
}

function cut(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason
}
