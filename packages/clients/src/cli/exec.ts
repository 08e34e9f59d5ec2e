import { hostname, userInfo } from 'node:os'
import { LockLostError, type Lock, type Logger, type Redlock } from '@quorumlock/core'
import { Child } from './child.js'
import { common, parse } from './command-line.js'
import { parseDuration, parseWait } from './duration.js'
import { ExitCode } from './exit-codes.js'
import { Failure, usage } from './failure.js'
import { HELP_EXEC } from './help.js'
import { keepOnLeash } from './leash.js'
import { narrator } from './narrate.js'
import { connectionFrom, withoutPasswords, type Connection } from './connection.js'
import { open } from './open.js'
import { print, say } from './say.js'
import { Signals } from './signals.js'

const OPTIONS = {
  ...common,
  ttl: { type: 'string' },
  wait: { type: 'string' },
  try: { type: 'boolean' },
  'max-hold': { type: 'string' },
  grace: { type: 'string' },
  fencing: { type: 'boolean' },
  label: { type: 'string' },
  'inherit-nodes': { type: 'boolean' },
} as const

interface Order {
  readonly resources: readonly string[]
  readonly command: string
  readonly args: readonly string[]
  readonly ttl: number
  readonly grace: number
  readonly wait: number
  readonly maxHold: number | undefined
  readonly fencing: boolean
  readonly label: string
  readonly inheritNodes: boolean
}

const DEFAULT_TTL = 30_000
const DEFAULT_WAIT = 10_000
const LONGEST_GRACE = 10_000
/** A lock granted the usual way has at least this share of its TTL left. */
const USUAL_SHARE = 0.9

/** `quorumlock exec`: runs a command under a lock and resolves with the exit code. */
export async function exec(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const signals = new Signals()
  try {
    const { values, words, rest } = parse(args, OPTIONS)
    if (values.help === true) return print(HELP_EXEC)
    const connection = connectionFrom(values, env)
    const order = orderFrom(values, words, rest, connection)
    const logger = narrator(values.verbose === true)
    const redlock = await signals.orEnd(open({ ...connection, ttl: order.ttl }, logger))
    if (redlock === undefined) return signals.exitCode as number
    try {
      return await execute(redlock, order, { signals, env, logger })
    } finally {
      await redlock.close()
    }
  } finally {
    signals.stop()
  }
}

interface Surroundings {
  readonly signals: Signals
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger | undefined
}

async function execute(redlock: Redlock, order: Order, surroundings: Surroundings): Promise<number> {
  const { signals } = surroundings
  const { resources, ttl, wait, maxHold, fencing, label } = order
  let lock: Lock
  try {
    lock = await redlock.acquire(resources, { ttl, wait, maxHold, fencing, label, signal: signals.signal })
  } catch (error) {
    if (signals.exitCode !== undefined) return signals.exitCode
    throw error
  }
  try {
    // A signal may have arrived together with the lock, or may arrive while the lock is extended.
    if (signals.exitCode === undefined) await signals.orEnd(secure(lock, order))
    return signals.exitCode ?? (await runUnder(lock, order, surroundings))
  } finally {
    await lock.release()
  }
}

/**
 * A lock handed over by the nodes is short-lived until its first extension. The command must not start before that,
 * because it is ended when the lock is about to expire.
 */
async function secure(lock: Lock, { ttl, resources }: Order): Promise<void> {
  if (lock.remaining() >= ttl * USUAL_SHARE) return
  try {
    await lock.extend()
  } catch (error) {
    if (!(error instanceof LockLostError)) throw error
    throw new Failure(
      ExitCode.lost,
      `lost the lock on ${resources.join(', ')} before the command was started, so nothing was run: ${error.message}`,
    )
  }
}

/** Resolves only after the command has ended. */
async function runUnder(lock: Lock, order: Order, { signals, env, logger }: Surroundings): Promise<number> {
  const child = new Child(order.command, order.args, {
    ...(order.inheritNodes ? env : withoutPasswords(env)),
    QUORUMLOCK_RESOURCE: order.resources.join('\n'),
    QUORUMLOCK_EXPIRES_AT: String(lock.expiresAt),
    ...(lock.token === undefined ? {} : { QUORUMLOCK_TOKEN: String(lock.token) }),
  })
  signals.forwardTo((signal) => {
    child.forward(signal)
  })
  // Without the arguments, which may contain a password.
  logger?.info({ command: order.command, child: child.pid }, 'start')
  const leash = keepOnLeash(lock, child, order.grace, say)
  try {
    const code = await child.ended
    logger?.info({ command: order.command, child: child.pid, code }, 'end')
    return leash.isPulled || !lock.held ? lost(order) : code
  } finally {
    leash.drop()
  }
}

function lost({ resources }: Order): never {
  throw new Failure(ExitCode.lost, `lost the lock on ${resources.join(', ')} while the command ran`)
}

function orderFrom(
  values: ReturnType<typeof parse<typeof OPTIONS>>['values'],
  resources: readonly string[],
  rest: readonly string[] | undefined,
  config: Connection,
): Order {
  if (resources.length === 0) throw usage('Expected a resource: quorumlock exec <resource> -- command')
  const [command, ...args] = rest ?? []
  if (command === undefined)
    throw usage('Expected a command after "--": quorumlock exec <resource> -- command')
  if (values.try === true && values.wait !== undefined) throw usage('Expected --try or --wait, got both')
  const ttl = values.ttl === undefined ? (config.ttl ?? DEFAULT_TTL) : parseDuration('--ttl', values.ttl)
  const grace =
    values.grace === undefined ? Math.min(LONGEST_GRACE, ttl / 4) : parseDuration('--grace', values.grace)
  // Renewals start when two thirds of the TTL are left, and need time for retries.
  if (grace > ttl / 2)
    throw usage(`Expected --grace to be at most half of the TTL (${ttl} ms), got ${grace} ms`)
  const wait = values.wait === undefined ? (config.wait ?? DEFAULT_WAIT) : parseWait('--wait', values.wait)
  return {
    resources,
    command,
    args,
    ttl,
    grace,
    wait: values.try === true ? 0 : wait,
    maxHold: values['max-hold'] === undefined ? undefined : parseDuration('--max-hold', values['max-hold']),
    fencing: values.fencing === true,
    label: values.label ?? config.label ?? userAtHost(),
    inheritNodes: values['inherit-nodes'] === true,
  }
}

function userAtHost(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // A container may run as a user without an entry in the user database.
    return hostname()
  }
}
