import type { NodeCommand } from '../node/commands.js'
import type { NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

export interface RequestOptions {
  /** Milliseconds. */
  readonly patience: number
  readonly purpose: 'awaited' | 'background'
  /** Called with the answer, also with one that comes too late. */
  readonly heed?: ((reply: NodeReply) => void) | undefined
}

/** Asks one node. Resolves with `undefined` if it cannot be asked, or has not answered in time. */
export function request(
  { agenda, clock }: Quorum,
  member: Member,
  command: NodeCommand,
  { patience, purpose, heed }: RequestOptions,
): Promise<NodeReply | undefined> {
  return new Promise((resolve) => {
    const deadline = agenda.at(clock.monotonic() + patience, purpose, () => {
      resolve(undefined)
    })
    const obstacle = member.submit(command, (reply) => {
      deadline.cancel()
      heed?.(reply)
      resolve(reply)
    })
    if (obstacle === undefined) return
    deadline.cancel()
    resolve(undefined)
  })
}
