import { systemClock, type LockNode } from '@quorumlock/core'
import { endpointOf, type NodeConfig } from '../connect/node-config.js'
import { ownNode } from '../connect/own-node.js'
import { ioredisNode, type IoredisClient, type IoredisCluster } from '../redis/ioredis.js'
import { nodeRedisNode } from '../redis/node-redis.js'
import type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from '../redis/node-redis-clients.js'
import { diagnose } from './diagnose.js'
import { examine } from './examine.js'
import type { DoctorReport } from './report.js'

export type Patient =
  | string
  | NodeConfig
  | LockNode
  | NodeRedisClient
  | NodeRedisSentinel
  | NodeRedisCluster
  | IoredisClient
  | IoredisCluster

export interface DoctorOptions {
  /** Under which a lock is tried. Default: that of `Redlock`, `lock:`. */
  readonly keyPrefix?: string | undefined
  /** Milliseconds to wait for each answer. Default: 3,000. */
  readonly timeout?: number | undefined
}

/** Looks at the nodes of a quorum and tells what would go wrong with them. Takes URLs, clients and lock nodes. */
export async function doctor(
  patients: readonly Patient[],
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  if (!Array.isArray(patients) || patients.length === 0) {
    throw new TypeError('Expected `nodes` to be an array of at least one URL, client or lock node')
  }
  const { keyPrefix = 'lock:', timeout = 3_000 } = options
  const admitted = patients.map((patient: Patient, index) => admit(patient, index, timeout))
  try {
    const examinations = await Promise.all(
      admitted.map(async ({ node, ready, lastError }) => {
        await ready
        const examination = await examine(node, keyPrefix, timeout)
        const problem = examination.report.reachable ? undefined : lastError()
        if (problem === undefined) return examination
        return {
          report: { ...examination.report, problem },
          findings: examination.findings.map((finding) => ({ ...finding, message: problem })),
        }
      }),
    )
    return diagnose(
      examinations.map(({ report }) => report),
      examinations.flatMap(({ findings }) => findings),
    )
  } finally {
    await Promise.all(admitted.map(async ({ node, isOurs }) => (isOurs ? node.close?.() : undefined)))
  }
}

interface Admitted {
  readonly node: LockNode
  readonly ready: Promise<void>
  readonly isOurs: boolean
  readonly lastError: () => string | undefined
}

function admit(patient: Patient, index: number, timeout: number): Admitted {
  const there = (node: LockNode, isOurs: boolean): Admitted => ({
    node,
    ready: Promise.resolve(),
    isOurs,
    lastError: () => undefined,
  })
  if (typeof patient === 'object') {
    if ('send' in patient) return there(patient, false)
    // A node over a connection of the user's closes nothing but its own subscriptions.
    if ('call' in patient) return there(ioredisNode(patient), true)
    if ('sendCommand' in patient) return there(nodeRedisNode(patient), true)
  }
  const connecting = {
    clientName: 'quorumlock-doctor',
    connectTimeout: timeout,
    pingInterval: 2_000,
    socketTimeout: 5_000,
  }
  const own = ownNode(endpointOf(patient, index, {}), connecting)
  const ready = new Promise<void>((resolve) => {
    const timer = systemClock.timer(timeout, resolve)
    own.connect(() => {
      if (!own.node.connected && own.obstacle()?.misuse !== true) return
      timer.cancel()
      resolve()
    })
  })
  return { node: own.node, ready, isOurs: true, lastError: () => own.obstacle()?.reason }
}
