import { Check, shown } from './check.js'
import { systemClock, type Clock } from './clock.js'
import type { Ability, LockNode } from './node/lock-node.js'
import { systemRandom, type Random } from './random.js'
import { driftOf } from './quorum/validity.js'

export { shown } from './check.js'

/** Compatible with pino. Contention is `debug`, a lost lock is `error`. */
export interface Logger {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

/** What can be set for one call as well as for all. All times are milliseconds. */
export interface LockOptions {
  /**
   * How long a lock lives without renewal. Default 30,000.
   * Lower: a crashed holder blocks others for less long. Higher: longer outages of nodes are survived.
   */
  readonly ttl?: number | undefined
  /** How long to wait for a lock that others hold; 0 tries once, `Infinity` waits for ever. Default 10,000. */
  readonly wait?: number | undefined
  /** Mean pause between attempts where no node tells of a release. Default 100. Lower: quicker, and more commands. */
  readonly retryInterval?: number | undefined
  /** Renew at a third of the TTL for as long as the handle is in use. Default true. */
  readonly autoExtend?: boolean | undefined
  /** The longest that a lock may be held, renewals included. Default: no limit. */
  readonly maxHold?: number | undefined
  /** First come, first served. Default true; false tries at random intervals, as every other Redlock client does. */
  readonly fair?: boolean | undefined
  /** Draw a fencing token, `lock.token`, that is higher than every earlier one. Default false. */
  readonly fencing?: boolean | undefined
  /** How long a token counter outlives its last grant. Default 3,600,000. */
  readonly fenceRetention?: number | undefined
  /** Share of the TTL by which clocks may run apart. Default 0.01. Higher: safer, and less time to hold. */
  readonly driftFactor?: number | undefined
  /** How long to wait for one node. Default: 5 % of the TTL, at least 50 and at most 1,000. */
  readonly nodeTimeout?: number | undefined
  /**
   * Who asks, for people: shown by `inspect()`, in warnings and in traces. Travels in the lock key and in the queues,
   * so everybody with access to the nodes can read it. Default none.
   */
  readonly label?: string | undefined
}

/** Options of one acquisition. */
export interface AcquireOptions extends LockOptions {
  /** Ends the wait. Has no power over a lock that was handed out. */
  readonly signal?: AbortSignal | undefined
}

export interface WaitForUnlockOptions {
  /** Milliseconds; the client's `wait` by default. `Infinity` waits for ever. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface DeadlockDetectionOptions {
  /** Warn of a lock that is held for longer. Default 300,000. */
  readonly warnAfter?: number | undefined
  /** Note where each lock is asked for, to say so in that warning. Default false: it costs some 3 µs per lock. */
  readonly captureStack?: boolean | undefined
  /**
   * Look for tasks of this process that wait for each other, or for a lock of their own caller: `warn` through the
   * logger, or `reject` with a `DeadlockError`. Default: do not look, since following asynchronous contexts makes
   * every promise of the process a little slower.
   */
  readonly onCycle?: 'warn' | 'reject' | undefined
}

export interface RedlockOptions extends LockOptions {
  /** The voters: one or more independent nodes, each only once. */
  readonly nodes: readonly LockNode[]
  /** Nodes that have to agree. Default: a majority, `floor(N / 2) + 1`. More tolerates nodes that lose their data, fewer crashes. */
  readonly quorum?: number | undefined
  /** Keep nodes that lost their data out of quorums. Default true. */
  readonly guard?: boolean | undefined
  /** Stands before every resource name. Default `'lock:'`; `''` shares keys with every other Redlock client. */
  readonly keyPrefix?: string | undefined
  /** Warnings of locks that are held for very long, and of cycles when asked for; false for none. */
  readonly deadlockDetection?: DeadlockDetectionOptions | false | undefined
  /** Silent by default. */
  readonly logger?: Logger | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
  /** Test seam. */
  readonly random?: Random | undefined
}

export interface ResolvedLockOptions {
  readonly ttl: number
  readonly wait: number
  readonly retryInterval: number
  readonly autoExtend: boolean
  readonly maxHold: number | undefined
  readonly fair: boolean
  readonly fencing: boolean
  readonly fenceRetention: number
  readonly driftFactor: number
  readonly nodeTimeout: number
  readonly label: string | undefined
}

export interface ResolvedDeadlockDetection {
  readonly warnAfter: number
  readonly captureStack: boolean
  readonly onCycle: 'warn' | 'reject' | undefined
}

export interface ResolvedOptions extends ResolvedLockOptions {
  readonly nodes: readonly LockNode[]
  readonly quorum: number
  readonly guard: boolean
  readonly keyPrefix: string
  readonly deadlockDetection: ResolvedDeadlockDetection | false
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  /** As the user gave it; without it the limit follows the TTL of each call. */
  readonly givenNodeTimeout: number | undefined
  readonly lacking: ReadonlySet<Ability>
}

/** Longer leases are no leases: a crashed holder would block for longer than any timer of the platform runs. */
const LONGEST_TTL = 2 ** 31 - 1

const EXPECTED_WAIT = 'a whole number of milliseconds, 0 or more, or Infinity'

/** Half a character, which cannot be encoded. */
const LONE_SURROGATE = /\p{Surrogate}/u

const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function ignore(): void {
  // nobody listens
}

const LOCK_KEYS = [
  'ttl',
  'wait',
  'retryInterval',
  'autoExtend',
  'maxHold',
  'fair',
  'fencing',
  'fenceRetention',
  'driftFactor',
  'nodeTimeout',
  'label',
] as const satisfies readonly (keyof LockOptions)[]

const CALL_KEYS: ReadonlySet<string> = new Set<keyof AcquireOptions>([...LOCK_KEYS, 'signal'])

const WATCH_KEYS: ReadonlySet<string> = new Set<keyof WaitForUnlockOptions>(['timeout', 'signal'])

const CLIENT_KEYS: ReadonlySet<string> = new Set<keyof RedlockOptions>([
  ...LOCK_KEYS,
  'nodes',
  'quorum',
  'guard',
  'keyPrefix',
  'deadlockDetection',
  'logger',
  'clock',
  'random',
])

/** All options of a client, checked together: one error tells of everything that is wrong. */
export function resolveOptions(options: RedlockOptions): ResolvedOptions {
  const check = new Check()
  if (Array.isArray(options)) {
    check.type(
      `Expected \`options\` to be an object such as { nodes: [nodeRedisNode(client)] }, got ${shown(options)}. docs/migration.md has the calls of other libraries beside those of this one`,
    )
    check.stopIfAny()
  }
  if (!check.record('options', options, CLIENT_KEYS)) check.stopIfAny()
  checkLockOptions(check, options)
  checkNodes(check, options.nodes)
  check.boolean('guard', options.guard)
  check.that('keyPrefix', options.keyPrefix, (value) => typeof value === 'string', 'a string')
  checkDeadlockDetection(check, options.deadlockDetection)
  check.that(
    'logger',
    options.logger,
    isLogger,
    'an object with debug, info, warn and error, such as a pino logger',
  )
  check.that('clock', options.clock, hasMethods('monotonic', 'wall', 'timer'), 'a Clock')
  check.that('random', options.random, hasMethods('id', 'fraction'), 'a Random')
  const lock = withDefaults(comparable(check, options), DEFAULTS)
  const nodes = check.isFine('nodes') ? options.nodes : []
  const majority = Math.floor(nodes.length / 2) + 1
  if (nodes.length > 0) checkQuorum(check, options.quorum, majority, nodes.length)
  const lacking = new Set(nodes.flatMap((node) => node.lacks ?? []))
  checkTogether(check, lock, lacking, nodes)
  check.stopIfAny()
  return {
    ...lock,
    nodes: [...nodes],
    quorum: options.quorum ?? majority,
    guard: options.guard ?? true,
    keyPrefix: options.keyPrefix ?? 'lock:',
    deadlockDetection: options.deadlockDetection === false ? false : detection(options.deadlockDetection),
    logger: options.logger ?? silent,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    givenNodeTimeout: options.nodeTimeout,
    lacking,
  }
}

/** The options of one call over those of its client. The client's own are returned as they are when nothing differs. */
export function resolveCall(
  options: AcquireOptions | undefined,
  client: ResolvedOptions,
): ResolvedLockOptions {
  if (options === undefined) return client
  const check = new Check()
  if (typeof options === 'number') {
    check.type(
      `Expected \`options\` to be an object such as { ttl: ${shown(options)} }, got ${shown(options)}. docs/migration.md has the calls of other libraries beside those of this one`,
    )
    check.stopIfAny()
  }
  if (!check.record('options', options, CALL_KEYS)) check.stopIfAny()
  checkLockOptions(check, options)
  check.that('signal', options.signal, isAbortSignal, 'an AbortSignal')
  const lock = withDefaults(comparable(check, options), { ...client, nodeTimeout: client.givenNodeTimeout })
  checkTogether(check, lock, client.lacking, client.nodes)
  check.stopIfAny()
  return lock
}

/** The time limit of `waitForUnlock`, milliseconds. */
export function resolveTimeout(options: WaitForUnlockOptions, client: ResolvedOptions): number {
  const check = new Check()
  if (!check.record('options', options, WATCH_KEYS)) check.stopIfAny()
  check.number('timeout', options.timeout, isWait, EXPECTED_WAIT)
  check.that('signal', options.signal, isAbortSignal, 'an AbortSignal')
  check.stopIfAny()
  return options.timeout ?? client.wait
}

/** A TTL as `extend` takes it. */
export function checkTtl(ttl: number, driftFactor: number): void {
  const check = new Check()
  check.integer('ttl', ttl, 1, LONGEST_TTL)
  check.stopIfAny()
  checkTtlSurvivesDrift(check, ttl, driftFactor)
  check.stopIfAny()
}

const DEFAULTS: Omit<ResolvedLockOptions, 'nodeTimeout'> & { nodeTimeout: undefined } = {
  ttl: 30_000,
  wait: 10_000,
  retryInterval: 100,
  autoExtend: true,
  maxHold: undefined,
  fair: true,
  fencing: false,
  fenceRetention: 3_600_000,
  driftFactor: 0.01,
  nodeTimeout: undefined,
  label: undefined,
}

function detection(options: DeadlockDetectionOptions = {}): ResolvedDeadlockDetection {
  const { warnAfter = 300_000, captureStack = false, onCycle } = options
  return { warnAfter, captureStack, onCycle }
}

function checkDeadlockDetection(check: Check, options: RedlockOptions['deadlockDetection']): void {
  if (options === undefined || options === false) return
  if (!check.record('deadlockDetection', options, new Set(['warnAfter', 'captureStack', 'onCycle']))) return
  check.integer('deadlockDetection.warnAfter', options.warnAfter, 1)
  check.boolean('deadlockDetection.captureStack', options.captureStack)
  const isAction = (value: unknown): boolean => value === 'warn' || value === 'reject'
  check.that('deadlockDetection.onCycle', options.onCycle, isAction, "'warn' or 'reject'")
}

/** The limit for one node follows from the TTL: from a wrong one nothing follows. */
function comparable(check: Check, options: LockOptions): LockOptions {
  return check.isFine('ttl') ? options : { ...options, ttl: undefined }
}

function withDefaults(
  options: LockOptions,
  defaults: Omit<ResolvedLockOptions, 'nodeTimeout'> & { nodeTimeout: number | undefined },
): ResolvedLockOptions {
  const ttl = options.ttl ?? defaults.ttl
  return {
    ttl,
    wait: options.wait ?? defaults.wait,
    retryInterval: options.retryInterval ?? defaults.retryInterval,
    autoExtend: options.autoExtend ?? defaults.autoExtend,
    maxHold: options.maxHold ?? defaults.maxHold,
    fair: options.fair ?? defaults.fair,
    fencing: options.fencing ?? defaults.fencing,
    fenceRetention: options.fenceRetention ?? defaults.fenceRetention,
    driftFactor: options.driftFactor ?? defaults.driftFactor,
    nodeTimeout: options.nodeTimeout ?? defaults.nodeTimeout ?? nodeTimeoutFor(ttl),
    label: options.label ?? defaults.label,
  }
}

/** A small part of the TTL, so that a round that waited for a silent node still leaves time to hold the lock. */
function nodeTimeoutFor(ttl: number): number {
  const part = Math.min(1_000, Math.max(50, Math.round(ttl * 0.05)))
  return Math.max(1, Math.min(part, Math.floor(ttl / 2)))
}

function checkLockOptions(check: Check, options: AcquireOptions): void {
  check.integer('ttl', options.ttl, 1, LONGEST_TTL)
  check.number('wait', options.wait, isWait, EXPECTED_WAIT)
  check.integer('retryInterval', options.retryInterval, 1, LONGEST_TTL)
  check.boolean('autoExtend', options.autoExtend)
  check.integer('maxHold', options.maxHold, 1)
  check.boolean('fair', options.fair)
  check.boolean('fencing', options.fencing)
  check.integer('fenceRetention', options.fenceRetention, 1)
  check.number('driftFactor', options.driftFactor, isShare, 'a number from 0 up to, but not including, 0.5')
  check.integer('nodeTimeout', options.nodeTimeout, 1, LONGEST_TTL)
  check.that('label', options.label, isLabel, 'a string of 1 to 100 characters')
}

function checkQuorum(check: Check, quorum: unknown, majority: number, total: number): void {
  const holds = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= majority && (value as number) <= total
  const expected = `a whole number from ${majority} (a majority) to ${total} (all nodes)`
  check.number('quorum', quorum, holds, expected)
}

/** Rules across options; each only where what it compares is fine by itself. */
function checkTogether(
  check: Check,
  lock: ResolvedLockOptions,
  lacking: ReadonlySet<Ability>,
  nodes: readonly LockNode[],
): void {
  if (check.isFine('ttl', 'driftFactor')) checkTtlSurvivesDrift(check, lock.ttl, lock.driftFactor)
  if (check.isFine('ttl', 'nodeTimeout') && lock.nodeTimeout >= lock.ttl) {
    check.range(`Expected \`nodeTimeout\` to be less than \`ttl\` (${lock.ttl}), got ${lock.nodeTimeout}`)
  }
  if (check.isFine('ttl', 'maxHold') && lock.maxHold !== undefined && lock.maxHold < lock.ttl) {
    check.range(
      `Expected \`maxHold\` to be at least \`ttl\` (${lock.ttl}), got ${lock.maxHold}: a lock is held for its TTL at the least`,
    )
  }
  const unable = (ability: Ability): string =>
    nodes
      .filter((node) => node.lacks?.includes(ability))
      .map((node) => node.name)
      .join(', ')
  if (lock.autoExtend && lacking.has('extend')) {
    check.type(
      `Expected \`autoExtend\` to be false, since ${unable('extend')} cannot extend a lock. Set autoExtend: false and a \`ttl\` that is long enough`,
    )
  }
  if (lock.fencing && lacking.has('fencing')) {
    check.type(`Expected \`fencing\` to be false, since ${unable('fencing')} keeps no token counters`)
  }
}

function checkTtlSurvivesDrift(check: Check, ttl: number, driftFactor: number): void {
  const drift = driftOf(ttl, driftFactor)
  if (ttl - drift < 1) {
    check.range(
      `Expected \`ttl\` to outlast its own clock drift allowance of ${drift} ms, got ${ttl}: such a lock would expire before it is handed out`,
    )
  }
}

function checkNodes(check: Check, nodes: unknown): void {
  if (!Array.isArray(nodes) || nodes.length === 0) {
    check.type(`Expected \`nodes\` to be an array of at least one lock node, got ${shown(nodes)}`, 'nodes')
    return
  }
  const names = new Map<string, number>()
  nodes.forEach((node: unknown, index) => {
    const where = `nodes[${index}]`
    if (!isLockNode(node)) {
      check.type(
        `Expected \`${where}\` to be a lock node, such as memoryNode() or nodeRedisNode(client), got ${shownNode(node)}`,
        'nodes',
      )
      return
    }
    const earlier = names.get(node.name)
    if (earlier !== undefined) {
      const [same, remedy] =
        nodes[earlier] === node
          ? ['is the same node', '']
          : [
              'has the same name',
              ". If they are different servers, name them: ioredisNode(client, { name: 'eu-1' })",
            ]
      check.type(
        `Expected \`nodes\` to be different nodes, but ${where} ${same} as nodes[${earlier}] (${node.name}): one node must not vote twice${remedy}`,
        'nodes',
      )
    }
    names.set(node.name, index)
  })
}

/** What people give in place of a node. A URL is not repeated: it may hold a password. */
function shownNode(given: unknown): string {
  if (typeof given === 'string') return 'a string. For URLs there is connect() in @quorumlock/clients'
  if (typeof given !== 'object' || given === null) return shown(given)
  if ('call' in given && 'status' in given) return 'a client of ioredis. Pass ioredisNode(client)'
  if ('sendCommand' in given) return 'a client of node-redis. Pass nodeRedisNode(client)'
  return shown(given)
}

function isLockNode(node: unknown): node is LockNode {
  if (typeof node !== 'object' || node === null) return false
  const { name, send } = node as Partial<LockNode>
  return typeof name === 'string' && name !== '' && typeof send === 'function'
}

function isWait(value: unknown): boolean {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0)
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 0.5
}

function isLabel(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 100 && !LONE_SURROGATE.test(value)
}

function isAbortSignal(value: unknown): boolean {
  return value instanceof AbortSignal
}

const isLogger = hasMethods('debug', 'info', 'warn', 'error')

function hasMethods(...names: string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}
