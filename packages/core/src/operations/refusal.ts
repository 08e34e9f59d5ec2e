import { shownResources } from '../check.js'
import { LockContendedError, LockMisuseError, QuorumUnavailableError, type ErrorDetails } from '../errors.js'
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

function reasonsIn({ members }: Quorum, tally: Tally): string {
  return tally
    .votes()
    .map((vote, index) => ({ ...vote, member: members[index] as Member }))
    .filter(({ vote }) => vote !== 'granted')
    .map(({ node, vote, reason = vote, member }) => {
      const quarantine = reason.startsWith('quarantined') ? describeQuarantine(member.admission) : undefined
      return `${node}: ${cut(quarantine ?? reason)}`
    })
    .join('; ')
}

/** What to do, if nodes that were not asked say so. */
function remediesIn({ replies }: Tally): string | undefined {
  const remedies = replies.flatMap((reply) =>
    reply?.vote === 'failed' && reply.remedy !== undefined ? [reply.remedy] : [],
  )
  return remedies.length === 0 ? undefined : [...new Set(remedies)].join('. ')
}

function nodes(total: number): string {
  return total === 1 ? '1 node' : `${total} nodes`
}

function cut(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason
}
