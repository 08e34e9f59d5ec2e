import type { Inspection, NodeHealth, Redlock } from '@quorumlock/core'
import { shownDuration } from './duration.js'

/** As `--json` prints it. */
export interface Status {
  readonly locked: boolean
  /** Milliseconds; null when it never expires by itself. */
  readonly remaining: number | null
  readonly waiters: number
  readonly quorum: number
  readonly nodes: readonly NodeStatus[]
}

export interface NodeStatus {
  readonly node: string
  readonly state: NodeHealth['state']
  readonly vote: string
  readonly reason?: string | undefined
  /** The label of the holder, or a digest that tells it from others: its value would let anybody release the lock. */
  readonly holder: string | null
  readonly remaining: number | null
  readonly waiters: number
  /** Decimal digits. */
  readonly token: string
}

export function statusOf(redlock: Redlock, { locked, remaining, waiters, nodes }: Inspection): Status {
  const states = new Map(redlock.health().map(({ name, state }) => [name, state]))
  return {
    locked,
    remaining: Number.isFinite(remaining) ? remaining : null,
    waiters,
    quorum: redlock.quorum,
    nodes: nodes.map((seen) => ({
      node: seen.node,
      state: states.get(seen.node) ?? 'down',
      vote: seen.vote,
      ...(seen.reason === undefined ? {} : { reason: seen.reason }),
      holder: seen.label ?? seen.holder,
      remaining: seen.remaining,
      waiters: seen.waiters.length,
      token: seen.token,
    })),
  }
}

/** For people. */
export function tableOf(resource: string, { locked, remaining, waiters, quorum, nodes }: Status): string {
  const left = remaining === null ? 'for ever' : `${shownDuration(remaining)} left`
  const queue = waiters === 0 ? 'nobody waits' : `${waiters} ${waiters === 1 ? 'waits' : 'wait'}`
  const rows = nodes.map((node) => [
    node.node,
    node.state,
    node.holder ?? (node.vote === 'granted' ? 'free' : (node.reason ?? node.vote)),
    node.remaining === null ? '' : shownDuration(node.remaining),
    String(node.waiters),
    node.token === '0' ? '' : node.token,
  ])
  const table = [['node', 'state', 'holder', 'left', 'waiting', 'token'], ...rows]
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? []
  const lines = table.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
  const head = `${resource}: ${locked ? `locked, ${left}` : 'free'}, ${queue} (${quorum} of ${nodes.length} nodes decide)`
  return `${[head, ...lines].join('\n')}\n`
}
