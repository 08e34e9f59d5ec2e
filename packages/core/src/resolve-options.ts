import { Check, shown } from './check.js'
import { checkNodes } from './check-nodes.js'
import { LONGEST_DELAY, systemClock, type Clock } from './clock.js'
import type { Ability, LockNode } from './node/lock-node.js'
import type {
  AcquireOptions,
  DeadlockDetectionOptions,
  LockOptions,
  Logger,
  RedlockOptions,
  WaitForUnlockOptions,
} from './options.js'
import { systemRandom, type Random } from './random.js'
import { driftOf, FRESHNESS } from './quorum/validity.js'

/** Reports what is wrong with a value. `undefined` means the default and is always valid. */
type Rule = (check: Check, name: string, value: unknown) => void

interface Entry<T> {
  readonly default: T
  readonly rule: Rule
}

/** One entry for each option, in the order in which they are checked. */
type Table<Options> = { readonly [Name in keyof Options]-?: Entry<Options[Name]> }

/** Every option has a value, except options without a default. */
type Resolved<Options, Unset extends keyof Options> = {
  readonly [Name in keyof Options]-?: Name extends Unset ? Options[Name] : Exclude<Options[Name], undefined>
}

export type ResolvedLockOptions = Resolved<LockOptions, 'maxHold' | 'label'>
export type ResolvedDeadlockDetection = Resolved<DeadlockDetectionOptions, 'onCycle'>

export interface ResolvedOptions extends ResolvedLockOptions {
  readonly nodes: readonly LockNode[]
  readonly quorum: number
  readonly guard: boolean
  readonly restore: boolean
  readonly found: 'all' | 'majority' | 'never'
  readonly keyPrefix: string
  readonly deadlockDetection: ResolvedDeadlockDetection | false
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  /** The user's `nodeTimeout`. If it is not set, the limit follows from the TTL of each call. */
  readonly givenNodeTimeout: number | undefined
  /** Abilities that at least one node lacks. */
  readonly lacking: ReadonlySet<Ability>
}

/** With a longer TTL, a crashed holder would block the resource for longer than any timer of the platform can run. */
export const LONGEST_TTL: number = LONGEST_DELAY

/** Half of a surrogate pair, which cannot be encoded. */
const LONE_SURROGATE = /\p{Surrogate}/u

const boolean: Rule = (check, name, value) => {
  check.boolean(name, value)
}

const duration =
  (least: number, most?: number): Rule =>
  (check, name, value) => {
    check.integer(name, value, least, most)
  }

const number =
  (holds: (value: unknown) => boolean, expected: string): Rule =>
  (check, name, value) => {
    check.number(name, value, holds, expected)
  }

const that =
  (holds: (value: unknown) => boolean, expected: string): Rule =>
  (check, name, value) => {
    check.that(name, value, holds, expected)
  }

const waitingTime = number(isWait, 'a whole number of milliseconds, 0 or more, or Infinity')
const signal = that((value) => value instanceof AbortSignal, 'an AbortSignal')

/** For an option that is compared with another option, so it is checked after all the others. */
const later: Rule = () => undefined

const LOCK_OPTIONS: Table<LockOptions> = {
  ttl: { default: 30_000, rule: duration(1, LONGEST_TTL) },
  wait: { default: 10_000, rule: waitingTime },
  retryInterval: { default: 100, rule: duration(1, LONGEST_TTL) },
  autoExtend: { default: true, rule: boolean },
  maxHold: { default: undefined, rule: duration(1) },
  fair: { default: true, rule: boolean },
  spread: { default: 'soon', rule: that(isSpread, "'all', 'soon' or 'quorum'") },
  fencing: { default: false, rule: boolean },
  fenceRetention: { default: 3_600_000, rule: duration(1) },
  driftFactor: { default: 0.01, rule: number(isShare, 'a number from 0 up to, but not including, 0.5') },
  // Follows from the TTL of each call: see `nodeTimeoutFor`.
  nodeTimeout: { default: undefined, rule: duration(1, FRESHNESS) },
  label: { default: undefined, rule: that(isLabel, 'a string of 1 to 100 characters') },
}

const DEADLOCK_OPTIONS: Table<DeadlockDetectionOptions> = {
  warnAfter: { default: 300_000, rule: duration(1) },
  captureStack: { default: false, rule: boolean },
  onCycle: {
    default: undefined,
    rule: that((value) => value === 'warn' || value === 'reject', "'warn' or 'reject'"),
  },
}

const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

type ClientOptions = Omit<RedlockOptions, keyof LockOptions>

const CLIENT_OPTIONS: Table<ClientOptions> = {
  nodes: { default: [], rule: checkNodes },
  // A majority of the nodes: see `checkQuorum`.
  quorum: { default: undefined, rule: later },
  guard: { default: true, rule: boolean },
  restore: { default: true, rule: boolean },
  found: { default: 'all', rule: that(isFounding, "'all', 'majority' or 'never'") },
  keyPrefix: { default: 'lock:', rule: that((value) => typeof value === 'string', 'a string') },
  deadlockDetection: { default: {}, rule: checkDeadlockDetection },
  logger: {
    default: silent,
    rule: that(
      hasMethods('debug', 'info', 'warn', 'error'),
      'an object with debug, info, warn and error, such as a pino logger',
    ),
  },
  clock: { default: systemClock, rule: that(hasMethods('monotonic', 'wall', 'timer'), 'a Clock') },
  random: { default: systemRandom, rule: that(hasMethods('id', 'fraction'), 'a Random') },
}

const CLIENT_NAMES = new Set([...Object.keys(LOCK_OPTIONS), ...Object.keys(CLIENT_OPTIONS)])
const CALL_NAMES = new Set([...Object.keys(LOCK_OPTIONS), 'signal'])
const WATCH_NAMES = new Set<keyof WaitForUnlockOptions>(['timeout', 'signal'])
const DEADLOCK_NAMES = new Set(Object.keys(DEADLOCK_OPTIONS) as (keyof DeadlockDetectionOptions)[])
/** Once, because the options of a call are checked on the way to its first round. */
const LOCK_NAMES = Object.keys(LOCK_OPTIONS) as (keyof LockOptions)[]
const CLIENT_ONLY_NAMES = Object.keys(CLIENT_OPTIONS) as (keyof ClientOptions)[]

type LockDefaults = Resolved<LockOptions, 'maxHold' | 'label' | 'nodeTimeout'>

const LOCK_DEFAULTS: LockDefaults = valuesOf(LOCK_OPTIONS, {})

/** Checks all options of a client together, so that one error reports every problem. */
export function resolveOptions(options: RedlockOptions): ResolvedOptions {
  const check = new Check()
  if (Array.isArray(options)) {
    check.type(
      `Expected \`options\` to be an object such as { nodes: [nodeRedisNode(client)] }, got ${shown(options)}. docs/migration.md maps the calls of other libraries to those of this one`,
    )
    check.stopIfAny()
  }
  if (!check.record('options', options, CLIENT_NAMES)) check.stopIfAny()
  checkEach(check, LOCK_NAMES, LOCK_OPTIONS, options)
  checkEach(check, CLIENT_ONLY_NAMES, CLIENT_OPTIONS, options)
  const given = valuesOf<ClientOptions, 'quorum'>(CLIENT_OPTIONS, options)
  const nodes = check.isFine('nodes') ? options.nodes : []
  const majority = Math.floor(nodes.length / 2) + 1
  if (nodes.length > 0) checkQuorum(check, options.quorum, majority, nodes.length)
  const lock = resolveLock(check, options, LOCK_DEFAULTS)
  const lacking = new Set(nodes.flatMap((node) => node.lacks ?? []))
  checkTogether(check, lock, lacking, nodes)
  check.stopIfAny()
  return {
    ...lock,
    ...given,
    nodes: [...nodes],
    quorum: options.quorum ?? majority,
    deadlockDetection: given.deadlockDetection !== false && detectionOf(given.deadlockDetection),
    givenNodeTimeout: options.nodeTimeout,
    lacking,
  }
}

/** Merges the options of one call into those of its client. Without options, returns the client's own object. */
export function resolveCall(
  options: AcquireOptions | undefined,
  client: ResolvedOptions,
): ResolvedLockOptions {
  if (options === undefined) return client
  const check = new Check()
  if (typeof options === 'number') {
    check.type(
      `Expected \`options\` to be an object such as { ttl: ${shown(options)} }, got ${shown(options)}. docs/migration.md maps the calls of other libraries to those of this one`,
    )
    check.stopIfAny()
  }
  if (!check.record('options', options, CALL_NAMES)) check.stopIfAny()
  checkEach(check, LOCK_NAMES, LOCK_OPTIONS, options)
  signal(check, 'signal', options.signal)
  const lock = resolveLock(check, options, client, client.givenNodeTimeout)
  checkTogether(check, lock, client.lacking, client.nodes)
  check.stopIfAny()
  return lock
}

/** The time limit of `waitForUnlock`, milliseconds. */
export function resolveTimeout(options: WaitForUnlockOptions, client: ResolvedOptions): number {
  const check = new Check()
  if (!check.record('options', options, WATCH_NAMES)) check.stopIfAny()
  waitingTime(check, 'timeout', options.timeout)
  signal(check, 'signal', options.signal)
  check.stopIfAny()
  return options.timeout ?? client.wait
}

/** Checks a TTL that was passed to `extend`. */
export function checkTtl(ttl: number, driftFactor: number): void {
  const check = new Check()
  LOCK_OPTIONS.ttl.rule(check, 'ttl', ttl)
  check.stopIfAny()
  checkTtlSurvivesDrift(check, ttl, driftFactor)
  check.stopIfAny()
}

function isSpread(value: unknown): boolean {
  return value === 'all' || value === 'soon' || value === 'quorum'
}

function isFounding(value: unknown): boolean {
  return value === 'all' || value === 'majority' || value === 'never'
}

export function isLabel(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 100 && !LONE_SURROGATE.test(value)
}

function checkEach<Name extends string>(
  check: Check,
  names: Iterable<Name>,
  table: { readonly [Key in Name]: Pick<Entry<unknown>, 'rule'> },
  options: { readonly [Key in Name]?: unknown },
  prefix: string = '',
): void {
  for (const name of names) table[name].rule(check, prefix + name, options[name])
}

/** The given values, with the default for every other option. */
function valuesOf<Options extends object, Unset extends keyof Options>(
  table: Table<Options>,
  options: Options,
): Resolved<Options, Unset> {
  const values: Partial<Options> = {}
  for (const name of Object.keys(table) as (keyof Options)[]) {
    values[name] = options[name] ?? table[name].default
  }
  return values as Resolved<Options, Unset>
}

function detectionOf(options: DeadlockDetectionOptions): ResolvedDeadlockDetection {
  return valuesOf<DeadlockDetectionOptions, 'onCycle'>(DEADLOCK_OPTIONS, options)
}

/** `nodeTimeout` is the option of the client, for a call that does not set its own. */
function resolveLock(
  check: Check,
  options: LockOptions,
  defaults: LockDefaults,
  nodeTimeout?: number,
): ResolvedLockOptions {
  const values: Record<string, unknown> = {}
  for (const name of LOCK_NAMES) values[name] = options[name] ?? defaults[name]
  // The limit for one node follows from the TTL, so an invalid TTL must not make the limit look invalid too.
  const ttl = check.isFine('ttl') ? (options.ttl ?? defaults.ttl) : defaults.ttl
  values['ttl'] = ttl
  values['nodeTimeout'] = options.nodeTimeout ?? nodeTimeout ?? nodeTimeoutFor(ttl)
  return values as unknown as ResolvedLockOptions
}

/** A small part of the TTL, so that a round that waited for an unresponsive node still leaves time to hold the lock. */
function nodeTimeoutFor(ttl: number): number {
  const part = Math.min(1_000, Math.max(50, Math.round(ttl * 0.05)))
  return Math.max(1, Math.min(part, Math.floor(ttl / 2)))
}

function checkQuorum(check: Check, quorum: unknown, majority: number, total: number): void {
  const holds = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= majority && (value as number) <= total
  const expected = `a whole number from ${majority} (a majority) to ${total} (all nodes)`
  check.number('quorum', quorum, holds, expected)
}

/** Rules across options. Each rule runs only if the options that it compares are valid on their own. */
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
      `Expected \`maxHold\` to be at least \`ttl\` (${lock.ttl}), got ${lock.maxHold}: a lock is always granted for a full TTL`,
    )
  }
  const unable = (ability: Ability): string =>
    nodes
      .filter((node) => node.lacks?.includes(ability))
      .map((node) => node.name)
      .join(', ')
  if (lock.autoExtend && lacking.has('extend')) {
    check.type(
      `Expected \`autoExtend\` to be false, because ${unable('extend')} cannot extend a lock. Set autoExtend: false and a \`ttl\` that is long enough for the work`,
    )
  }
  if (lock.fencing && lacking.has('fencing')) {
    check.type(`Expected \`fencing\` to be false, because ${unable('fencing')} keeps no token counters`)
  }
}

function checkTtlSurvivesDrift(check: Check, ttl: number, driftFactor: number): void {
  const drift = driftOf(ttl, driftFactor)
  if (ttl - drift < 1) {
    check.range(
      `Expected \`ttl\` to outlast its own clock drift allowance of ${drift} ms, got ${ttl}: a lock with this TTL would expire before it is granted`,
    )
  }
}

function checkDeadlockDetection(check: Check, name: string, value: unknown): void {
  if (value === undefined || value === false || !check.record(name, value, DEADLOCK_NAMES)) return
  const options = value as DeadlockDetectionOptions
  checkEach(check, DEADLOCK_NAMES, DEADLOCK_OPTIONS, options, `${name}.`)
}

function isWait(value: unknown): boolean {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0)
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 0.5
}

function hasMethods(...names: string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

function ignore(): void {
  // Without a logger there is nothing to do.
}
