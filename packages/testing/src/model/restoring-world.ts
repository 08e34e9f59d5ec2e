/**
 * A small world in which nodes lose their data and are restored (`09-restoring.md`, "Restoring"). Only what is limited
 * here is limited: clients acquire, extend and release without end.
 */
export interface RestoringWorld {
  readonly nodes: number
  readonly quorum: number
  readonly clients: number
  /** So many of the clients ask for shared locks, the others for exclusive ones. */
  readonly shared: number
  readonly restorers: number
  /** So many nodes must be listed, and asked before anything is tidied. */
  readonly witnesses: number
  /** How often nodes lose their data, all together; may be `Infinity`. */
  readonly losses: number
  /** So many of the nodes ever lose it. */
  readonly mortal: number
  /** What a node that lost its data starts with. */
  readonly returns: 'empty' | 'with a snapshot'
  /** Whether holders extend, and repair nodes. */
  readonly extensions: boolean
  /** `extends`: what it has, as an earlier draft of the protocol had it. */
  readonly inQuarantine: 'refuses' | 'extends'
  /** Which rounds are over when a restorer has settled. The protocol ends all that began before it. */
  readonly freshness: 'of all rounds' | 'of rounds with a forgotten vote'
  readonly tidies: boolean
  /** Whether it is checked that nobody who asks all nodes takes a lock for free while its lease is valid. */
  readonly readers: boolean
  /** A fault planted in the protocol, to show that the check is able to fail. */
  readonly broken?: RestoringFault | undefined
}

export type RestoringFault =
  | 'restarted node votes at once'
  | 'no settling'
  | 'an old round is counted'
  | 'one witness too few'
  | 'a node in quarantine is a witness'
  | 'a witness is listed without a new greeting'
  | 'the last value wins'
  | 'the shortest time wins'
  | 'another value is left'
  | 'remaining time is shortened'
  | 'no stay'
  | 'no run'
  | 'admitted before the last page'
  | 'repaired in quarantine'
  | 'a copy is tidied that one witness has'
  | 'a copy is tidied beside a tombstone'
  | 'a copy is tidied after an extension'
  | 'a tombstone is tidied by its value'
  | 'a reader believes a node in quarantine'
  | 'a reader overlooks tombstones'

export const NOBODY = -1

/**
 * What a node has under the key: the clients whose values are there and, for each client, how long the node is blocked
 * on its account. A tombstone blocks without the value of any client. Numbers are sets of clients, or two bits for each.
 */
export interface Content {
  readonly holders: number
  readonly ages: number
}

export interface NodeOf extends Content {
  /** Holders whose remaining time is what a restorer has set. */
  readonly copies: number
  readonly marker: 'valid' | 'quarantined' | 'of an earlier run'
  /** What a restart may bring back. */
  readonly snapshot: Content
  /** The node has lost its data since the snapshot was saved, so its keys are not later versions of those in it. */
  readonly isOutdated: boolean
}

/**
 * One value at a time. When its lock is over, or its attempt, the next one has a fresh value. Sets of nodes are numbers.
 */
export interface ClientOf {
  /** Ghost: its lease is valid. */
  readonly holding: boolean
  /** Nodes that have granted in the round in flight: of acquisition, or of extension for a holder. */
  readonly granted: number
  /** Those among them that have lost their data since. */
  readonly forgotten: number
}

export interface RestorerOf {
  readonly phase: 'idle' | 'settling' | 'listing' | 'given' | 'tidying'
  readonly target: number
  /** Clients with rounds that are over when the restorer has settled. */
  readonly rounds: number
  /** Nodes that were listed, or asked before something is tidied. */
  readonly asked: number
  /** The merged listings, or what is to be tidied. */
  readonly found: Found
}

export interface Found extends Content {
  /** `value`: the witnesses agree on it. `differing`: they do not, or one has a tombstone. */
  readonly kind: 'nothing' | 'value' | 'differing'
}

export interface RestoringState {
  readonly nodes: readonly NodeOf[]
  readonly clients: readonly ClientOf[]
  readonly restorers: readonly RestorerOf[]
  readonly losses: number
  readonly wrong: string | undefined
}

export const NOTHING: Found = { kind: 'nothing', holders: 0, ages: 0 }
export const IDLE: RestorerOf = { phase: 'idle', target: NOBODY, rounds: 0, asked: 0, found: NOTHING }

export type Step = readonly [name: string, next: RestoringState]

export function replaced<T>(list: readonly T[], index: number, value: T): readonly T[] {
  const copy = [...list]
  copy[index] = value
  return copy
}

export function sizeOf(set: number): number {
  let size = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) size++
  return size
}

export function has(set: number, member: number): boolean {
  return ((set >> member) & 1) === 1
}
