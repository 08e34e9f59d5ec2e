import { visible } from '../visible.js'
import type { DoctorReport, Finding, NodeReport } from './report.js'

const SIGNS = { error: '✗', warning: '!', info: '·' } as const

/** The report as text for people. */
export function formatDoctorReport(report: DoctorReport): string {
  const { nodes, findings, recommended } = report
  const lines = [...nodes.map(nodeLine), '', ...findings.map(findingLine)]
  if (findings.length > 0) lines.push('')
  if (recommended !== undefined) {
    lines.push(
      `recommended: ttl of ${recommended.ttl} ms or more, nodeTimeout of ${recommended.nodeTimeout} ms`,
    )
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length
  lines.push(report.healthy ? 'healthy' : `${errors} ${errors === 1 ? 'problem' : 'problems'} to fix`)
  // Names come from the caller, messages from servers.
  return lines.map(visible).join('\n')
}

function nodeLine(node: NodeReport): string {
  if (!node.reachable) return `✗ ${node.name}  unreachable`
  const { product, version, role, persistence, roundTrip, clockOffset } = node
  const facts = [
    product === undefined ? undefined : [product, version].join(' '),
    role,
    persistence === undefined ? undefined : `persistence ${persistence}`,
    roundTrip === undefined
      ? undefined
      : `round trip ${roundTrip.median.toFixed(1)} ms, worst ${roundTrip.worst.toFixed(1)} ms`,
    clockOffset === undefined ? undefined : `clock ${clockOffset > 0 ? '+' : ''}${clockOffset} ms`,
  ]
  return `✓ ${node.name}  ${facts.filter((fact) => fact !== undefined).join(', ')}`
}

function findingLine({ severity, nodes, message }: Finding): string {
  return `${SIGNS[severity]} ${nodes.join(', ')}: ${message}`
}
