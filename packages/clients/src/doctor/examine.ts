import { systemClock, systemRandom, type LockNode, type NodeCommand, type NodeReply } from '@quorumlock/core'
import { linkOf } from '../redis/script-node.js'
import type { Finding, NodeReport, RoundTrip } from './report.js'

const ROUND_TRIPS = 15

export interface Examination {
  readonly report: NodeReport
  readonly findings: readonly Finding[]
}

/** Queries one node for all that it can report, and tries the commands of a lock on a separate key. */
export async function examine(node: LockNode, keyPrefix: string, patience: number): Promise<Examination> {
  const { name } = node
  const hello = await within(patience, ask(node, { kind: 'greet' }))
  if (hello?.vote !== 'granted') {
    const problem = hello === undefined ? `no answer within ${patience} ms` : hello.reason
    return {
      report: { name, reachable: false, problem },
      findings: [{ severity: 'error', code: 'unreachable', nodes: [name], message: problem }],
    }
  }
  const answers = await within(patience, interview(node))
  const findings: Finding[] = [...(answers?.findings ?? [])]
  const measured = await within(patience, measure(node))
  const trial = await within(patience, tryLocks(node, `${keyPrefix}quorumlock:doctor:${systemRandom.id()}`))
  if (trial !== undefined) findings.push(...trial)
  return { report: { name, reachable: true, ...answers?.facts, ...measured }, findings }
}

type Facts = Omit<NodeReport, 'name' | 'reachable' | 'problem' | 'clockOffset' | 'roundTrip'>

/** What the server reports about itself. Empty for a node that is not a Redis server, and for a cluster, which is many. */
async function interview(
  node: LockNode,
): Promise<{ readonly facts: Facts; readonly findings: readonly Finding[] }> {
  const link = linkOf(node)
  if (link === undefined || link.isCluster) return { facts: {}, findings: [] }
  const findings: Finding[] = []
  const question = async (...words: string[]): Promise<unknown> => {
    try {
      return await link.send(words, undefined)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `does not answer ${words.join(' ')} (${reason}), so some checks were skipped`
      findings.push({ severity: 'info', code: 'unknown', nodes: [node.name], message })
      return ''
    }
  }
  const info = String(await question('INFO'))
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const valkey = field('valkey_version')
  const policy = field('maxmemory_policy')
  const aof = field('aof_enabled') === '1'
  const fsync = aof ? flat(await question('CONFIG', 'GET', 'appendfsync'))[1] : undefined
  const save = info === '' || aof ? undefined : flat(await question('CONFIG', 'GET', 'save'))[1]
  const facts: Facts = {
    product: info === '' ? undefined : valkey === undefined ? 'Redis' : 'Valkey',
    version: valkey ?? field('redis_version'),
    run: field('run_id'),
    role: field('role'),
    evictionPolicy: policy,
    persistence: aof
      ? fsync === 'always'
        ? 'aof always'
        : 'aof'
      : save === undefined
        ? undefined
        : save === ''
          ? 'none'
          : 'rdb',
  }
  return { facts, findings }
}

/** `CONFIG GET` returns an array over RESP2 and a map over RESP3. */
function flat(reply: unknown): string[] {
  if (Array.isArray(reply)) return reply.map(String)
  if (reply instanceof Map) return [...reply].flat().map(String)
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).flat().map(String) : []
}

async function measure(
  node: LockNode,
): Promise<{ roundTrip?: RoundTrip | undefined; clockOffset?: number | undefined }> {
  const times: number[] = []
  let best: { took: number; offset: number } | undefined
  for (let round = 0; round < ROUND_TRIPS; round++) {
    const sent = systemClock.monotonic()
    const reply = await ask(node, { kind: 'greet' })
    const took = systemClock.monotonic() - sent
    if (reply.vote !== 'granted') continue
    times.push(took)
    if (reply.clock === undefined || (best !== undefined && best.took <= took)) continue
    best = { took, offset: Math.round(reply.clock - (systemClock.wall() - took / 2)) }
  }
  times.sort((a, b) => a - b)
  const median = times[times.length >> 1]
  const worst = times.at(-1)
  return {
    clockOffset: best?.offset,
    roundTrip: median === undefined || worst === undefined ? undefined : { median, worst },
  }
}

/** Acquires, waits for, inspects, extends and releases a lock, which shows missing permissions. */
async function tryLocks(node: LockNode, key: string): Promise<Finding[]> {
  const keys = [key]
  const ttl = 5_000
  const lacks = new Set(node.lacks)
  const waiter = { id: `quorumlock:wake:doctor#1`, at: systemClock.wall(), age: 0, life: ttl }
  const steps: (readonly [string, NodeCommand])[] = [
    ['acquire a lock', { kind: 'acquire', keys, value: 'doctor', ttl, queue: 'respect' }],
    ['join the queue of a lock', { kind: 'acquire', keys, value: 'waiter', ttl, queue: waiter }],
  ]
  if (!lacks.has('inspect')) steps.push(['inspect a lock', { kind: 'inspect', keys }])
  if (!lacks.has('extend')) steps.push(['extend a lock', { kind: 'extend', keys, value: 'doctor', ttl }])
  steps.push(['leave the queue of a lock', { kind: 'release', keys, value: waiter.id }])
  steps.push(['release a lock', { kind: 'release', keys, value: 'doctor' }])

  const findings: Finding[] = []
  const found = (what: string, reason: string): void => {
    findings.push({
      severity: 'error',
      code: 'permission',
      nodes: [node.name],
      message: `cannot ${what}: ${reason}`,
    })
  }
  for (const [what, command] of steps) {
    const reply = await ask(node, command)
    if (reply.vote === 'failed' || reply.vote === 'unknown') found(what, reply.reason)
  }
  const link = linkOf(node)
  if (link === undefined) return findings
  const tried = async (words: string[], what: string, remedy: string): Promise<void> => {
    try {
      await link.send(words, undefined)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const message = `cannot ${what} (${reason}): ${remedy}`
      findings.push({ severity: 'warning', code: 'permission', nodes: [node.name], message })
    }
  }
  await tried(
    ['PUBLISH', 'quorumlock:wake:doctor', 'quorumlock:wake:doctor#1'],
    'notify waiters',
    'allow PUBLISH and SUBSCRIBE on quorumlock:wake:*, or hand-overs are slow',
  )
  if (!lacks.has('list')) {
    await tried(
      ['SCAN', '0', 'COUNT', '1'],
      'list its locks',
      'allow SCAN, or other nodes that lose their data stay out until all that they may have forgotten is over',
    )
  }
  return findings
}

export function ask(node: LockNode, command: NodeCommand): Promise<NodeReply> {
  return new Promise((resolve) => {
    node.send(command, resolve)
  })
}

/** `undefined` if it takes longer. */
function within<T>(patience: number, wanted: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.timer(patience, () => {
      resolve(undefined)
    })
    wanted.then(resolve, reject).finally(() => {
      timer.cancel()
    })
  })
}
