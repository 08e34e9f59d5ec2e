import { CLOCK_TOLERANCE } from '@quorumlock/core'
import type { DoctorReport, Finding, NodeReport, Severity } from './report.js'

/** Nodes no longer trust a client's clock for the order of a queue at twice this error, milliseconds. */
const NOTABLE_OFFSET = CLOCK_TOLERANCE / 2
/** Exceeds most pauses of a process under load, milliseconds. */
const SHORTEST_TTL = 3_000
/** No lock rests on a round that takes longer, so no longer timeout is accepted, milliseconds. */
const LONGEST_NODE_TIMEOUT = 3_000
const OLDEST = [6, 2] as const
const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** What the reports mean together. A pure function, so that tests can show every finding without its cause. */
export function diagnose(nodes: readonly NodeReport[], found: readonly Finding[]): DoctorReport {
  const reached = nodes.filter(({ reachable }) => reachable)
  const findings = [
    ...found,
    ...size(nodes),
    ...sameServer(reached),
    ...reached.flatMap(alone),
    ...clocks(reached),
  ].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
  return {
    healthy: findings.every(({ severity }) => severity !== 'error'),
    nodes,
    findings,
    recommended: recommendation(nodes),
  }
}

function size(nodes: readonly NodeReport[]): Finding[] {
  const names = nodes.map(({ name }) => name)
  const about = (severity: Severity, message: string): Finding[] => [
    { severity, code: 'size', nodes: names, message },
  ]
  const tolerated = nodes.length - (Math.floor(nodes.length / 2) + 1)
  if (nodes.length === 1) return about('info', 'single node: no locks while it is down')
  if (tolerated === 0)
    return about('warning', 'two nodes tolerate no failure, and either can fail: use three')
  if (nodes.length % 2 === 0) {
    return about(
      'info',
      `${nodes.length} nodes tolerate only as many failures as ${nodes.length - 1} (${tolerated}): use an odd number`,
    )
  }
  return []
}

function sameServer(nodes: readonly NodeReport[]): Finding[] {
  const byRun = new Map<string, string[]>()
  for (const { name, run } of nodes) {
    if (run !== undefined) byRun.set(run, [...(byRun.get(run) ?? []), name])
  }
  return [...byRun.values()]
    .filter((names) => names.length > 1)
    .map((names) => ({
      severity: 'error',
      code: 'same-server',
      nodes: names,
      message: 'are the same server, which would vote more than once: list each server once',
    }))
}

function alone(node: NodeReport): Finding[] {
  const findings: Finding[] = []
  const about = (severity: Severity, code: Finding['code'], message: string): void => {
    findings.push({ severity, code, nodes: [node.name], message })
  }
  if (node.role === 'slave') {
    about('error', 'replica', 'is a replica and cannot grant locks: use independent masters')
  }
  if (node.evictionPolicy !== undefined && node.evictionPolicy !== 'noeviction') {
    about(
      'warning',
      'eviction',
      `may evict locks when memory is low (maxmemory-policy ${node.evictionPolicy}): set it to noeviction`,
    )
  }
  if (node.version !== undefined && node.product === 'Redis' && isOlder(node.version)) {
    about('error', 'version', `runs Redis ${node.version}: upgrade to ${OLDEST.join('.')} or later`)
  }
  if (node.persistence === 'aof always') {
    about(
      'info',
      'persistence',
      'persists every write: set `durable: true`, so that it can vote immediately after a restart',
    )
  } else if (node.persistence !== undefined) {
    about(
      'info',
      'persistence',
      `may lose writes in a crash (${node.persistence}): after a restart it is given back what it may have forgotten, and votes again some seconds later`,
    )
  }
  return findings
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

function clocks(nodes: readonly NodeReport[]): Finding[] {
  const known = nodes.filter(({ clockOffset }) => clockOffset !== undefined)
  return known
    .filter(({ clockOffset = 0 }) => Math.abs(clockOffset) > NOTABLE_OFFSET)
    .map(({ name, clockOffset = 0 }) => ({
      severity: 'warning',
      code: 'clock',
      nodes: [name],
      message: `its clock is ${Math.abs(clockOffset)} ms ${clockOffset > 0 ? 'ahead of' : 'behind'} the clock of this machine: synchronize clocks (NTP), or waiters may be served out of order`,
    }))
}

/** A timeout of several times the worst round trip of the slowest node in a majority, and a TTL far above it. */
function recommendation(nodes: readonly NodeReport[]): DoctorReport['recommended'] {
  const quorum = Math.floor(nodes.length / 2) + 1
  const worst = nodes.flatMap(({ roundTrip }) => roundTrip?.worst ?? []).sort((a, b) => a - b)
  const slowest = worst[quorum - 1]
  if (slowest === undefined) return undefined
  const nodeTimeout = Math.min(LONGEST_NODE_TIMEOUT, roundUp(Math.max(50, 4 * slowest)))
  return { nodeTimeout, ttl: Math.max(SHORTEST_TTL, roundUp(20 * nodeTimeout)) }
}

/** To two significant digits, as in settings written by people. */
function roundUp(milliseconds: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(milliseconds)) - 1)
  return Math.ceil(milliseconds / unit) * unit
}
