import { QuorumUnavailableError, type NodeHealth, type NodeVote } from '@quorumlock/core'
import type { Opening } from '../connect/opening.js'
import { shownDuration } from './duration.js'
import { tableOf } from './table.js'
import { visible } from '../visible.js'

/** The output of `--json`. */
export interface Status {
  readonly locked: boolean
  /** Milliseconds; null if it never expires. */
  readonly remaining: number | null
  readonly waiters: number
  readonly quorum: number
  readonly nodes: readonly NodeStatus[]
}

export interface NodeStatus extends Seen {
  /** The label of the holder, or a digest of its value, because the value itself would let any client release the lock. */
  readonly holder: string | null
  readonly remaining: number | null
  readonly waiters: number
  /** Decimal digits. */
  readonly token: string
}

/** The output of `--json` if too few nodes answer. */
export interface Unavailable {
  readonly error: string
  readonly quorum: number
  readonly nodes: readonly Seen[]
}

/** One node, whether or not it has answered. */
interface Seen {
  readonly node: string
  readonly state: NodeHealth['state']
  readonly vote: NodeVote['vote']
  readonly reason?: string | undefined
}

export async function statusOf(opening: Opening, resource: string): Promise<Status | Unavailable> {
  const { redlock } = opening
  const { quorum } = redlock
  try {
    const { locked, remaining, waiters, nodes } = await redlock.inspect(resource)
    return {
      locked,
      remaining: Number.isFinite(remaining) ? remaining : null,
      waiters,
      quorum,
      nodes: nodes.map((inspected) => ({
        ...seenOf(opening, inspected),
        holder: inspected.label ?? inspected.holder,
        remaining: inspected.remaining,
        waiters: inspected.waiters.length,
        token: inspected.token,
      })),
    }
  } catch (error) {
    if (!(error instanceof QuorumUnavailableError)) throw error
    return { error: error.message, quorum, nodes: error.votes.map((vote) => seenOf(opening, vote)) }
  }
}

function seenOf({ redlock, missing }: Opening, { node, vote, reason }: Omit<NodeVote, 'latency'>): Seen {
  const state = redlock.health().find(({ name }) => name === node)?.state ?? 'down'
  // The engine knows only that the node is not connected.
  const cause = state === 'down' ? missing().find((one) => one.node === node)?.obstacle?.reason : undefined
  const why = cause === undefined ? reason : `not connected (${cause})`
  return { node, state, vote, ...(why === undefined ? {} : { reason: why }) }
}

/** The output without `--json`. */
export function textOf(resource: string, status: Status | Unavailable): string {
  const head = `${visible(resource)}: ${'error' in status ? answering(status) : summary(status)}\n`
  const rows =
    'error' in status
      ? [
          ['node', 'state', 'reason'],
          ...status.nodes.map((node) => [node.node, node.state, node.reason ?? '']),
        ]
      : [['node', 'state', 'holder', 'left', 'waiting', 'token'], ...status.nodes.map(rowOf)]
  return head + tableOf(rows)
}

function summary({ locked, remaining, waiters, quorum, nodes }: Status): string {
  const left = remaining === null ? 'never expires' : `${shownDuration(remaining)} left`
  const queue = waiters === 0 ? 'no waiters' : waiters === 1 ? '1 waiter' : `${waiters} waiters`
  return `${locked ? `locked, ${left}` : 'free'}, ${queue} (${quorum} of ${nodes.length} nodes decide)`
}

function answering({ quorum, nodes }: Unavailable): string {
  const answers = nodes.filter(({ vote }) => vote === 'granted').length
  return `unknown, ${answers} of ${nodes.length} nodes ${answers === 1 ? 'answers' : 'answer'} (${quorum} needed)`
}

function rowOf(node: NodeStatus): string[] {
  return [
    node.node,
    node.state,
    node.holder ?? (node.vote === 'granted' ? 'free' : (node.reason ?? node.vote)),
    node.remaining === null ? '' : shownDuration(node.remaining),
    String(node.waiters),
    node.token === '0' ? '' : node.token,
  ]
}
