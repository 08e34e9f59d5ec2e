import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { systemClock, type LockNode } from '@quorumlock/core'
import { endpointOf, type NodeConfig } from '../connect/node-config.js'
import { milliseconds } from '../connect/opening.js'
import { ownNode } from '../connect/own-node.js'
import { ioredisNode, type IoredisClient, type IoredisCluster } from '../redis/ioredis.js'
import { nodeRedisNode } from '../redis/node-redis.js'
import type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from '../redis/node-redis-clients.js'
import { diagnose } from './diagnose.js'
import { examine } from './examine.js'
import type { DoctorReport } from './report.js'

export type DoctorTarget =
  | string
  | NodeConfig
  | LockNode
  | NodeRedisClient
  | NodeRedisSentinel
  | NodeRedisCluster
  | IoredisClient
  | IoredisCluster

export interface DoctorOptions {
  /** Prefix of the key with which locks are tried. Default: that of `Redlock`, `lock:`. */
  readonly keyPrefix?: string | undefined
  /** Milliseconds to wait for each answer. Default: 3,000. */
  readonly timeout?: number | undefined
  /** User of an access control list, for URLs and objects that do not specify their own. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** `true`, or options of `tls.connect`. Default: as in the URL. */
  readonly tls?: boolean | TlsOptions | undefined
}

/** Checks the nodes of a quorum for problems before they affect locks. Takes URLs, clients and lock nodes. */
export async function doctor(
  targets: readonly DoctorTarget[],
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new TypeError('Expected `nodes` to be an array of at least one URL, client or lock node')
  }
  const { keyPrefix = 'lock:', username, password, tls } = options
  const timeout = milliseconds('timeout', options.timeout, 3_000)
  const opened = targets.map((target: DoctorTarget, index) =>
    openTarget(target, index, timeout, { username, password, tls }),
  )
  try {
    const examinations = await Promise.all(
      opened.map(async ({ node, ready, lastError }) => {
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
    await Promise.all(opened.map(async ({ node, isOurs }) => (isOurs ? node.close?.() : undefined)))
  }
}

interface OpenTarget {
  readonly node: LockNode
  readonly ready: Promise<void>
  readonly isOurs: boolean
  readonly lastError: () => string | undefined
}

function openTarget(
  target: DoctorTarget,
  index: number,
  timeout: number,
  defaults: Pick<DoctorOptions, 'username' | 'password' | 'tls'>,
): OpenTarget {
  const existing = (node: LockNode, isOurs: boolean): OpenTarget => ({
    node,
    ready: Promise.resolve(),
    isOurs,
    lastError: () => undefined,
  })
  if (typeof target === 'object') {
    if ('send' in target) return existing(target, false)
    // Closing a node over the user's connection closes only its own subscriptions.
    if ('call' in target) return existing(ioredisNode(target), true)
    if ('sendCommand' in target) return existing(nodeRedisNode(target), true)
  }
  const connecting = {
    clientName: 'quorumlock-doctor',
    connectTimeout: timeout,
    pingInterval: 2_000,
    socketTimeout: 5_000,
  }
  const own = ownNode(endpointOf(target, index, defaults), connecting)
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
