import { SeededRandom } from '../random/seeded-random.js'

/** Faults of a run. Each can be switched off, so that a failing run can be reduced. */
export const FAULTS = [
  'crash',
  'lossyRestart',
  'flush',
  'freeze',
  'stall',
  'break',
  'slowNode',
  'full',
  'pause',
  'suspend',
  'clientCrash',
  'nodeClockBack',
  'clientWallStep',
  'loseWakeUps',
] as const
export type SimulatedFault = (typeof FAULTS)[number]

/** What the clients of a run use. */
export const FEATURES = [
  'several',
  'extend',
  'extendTwice',
  'autoExtend',
  'maxHold',
  'detach',
  'resume',
  'abort',
  'try',
  'using',
  'named',
  'look',
  'watch',
  'force',
  'reopen',
  'overstay',
] as const
export type Feature = (typeof FEATURES)[number]

/** Unusual uses of the interface, and the faults that go with them; only in worlds of the kind `edges`. */
export const EDGES = ['interrupt', 'heir', 'visit', 'namesake', 'once', 'lag', 'longMark'] as const
export type Edge = (typeof EDGES)[number]

/** Worlds in which a lease lock cannot be safe, which the checkers must report. */
export const UNSAFE_WORLDS = ['dataLoss', 'nodeClockJumps', 'drift', 'uncheckedPause'] as const
export type UnsafeWorld = (typeof UNSAFE_WORLDS)[number]

/**
 * As safe as `safe`: `edges` with further kinds of users, `restoring` with nodes that lose their data again and again beside
 * marks that outlive the run.
 */
export type World = 'safe' | 'edges' | 'restoring' | UnsafeWorld

export interface Plan {
  readonly seed: number
  readonly world: World
  readonly nodes: number
  readonly quorum: number
  readonly clients: number
  /** Independent users of each client. */
  readonly actors: number
  readonly resources: number
  /** How many operations each actor does. */
  readonly operations: number
  /**
   * No fault happens before, while clients found the fleet: until it is opened, a node that is only restarted counts as one
   * that lost its data, and with those that do there would soon be too many.
   */
  readonly calmUntil: number
  /** When everything that a majority needs is healed, milliseconds. */
  readonly stormUntil: number
  /** Mean pause between two faults, milliseconds. */
  readonly calmness: number
  readonly ttls: readonly number[]
  readonly sectionTime: number
  readonly thinkTime: number
  readonly fair: 'always' | 'never' | 'mixed'
  readonly spread: 'all' | 'soon' | 'quorum'
  readonly fencing: boolean
  readonly guard: boolean
  /** Whether nodes that lost their data are given back what they forgot; otherwise they wait for the end of it. */
  readonly restore: boolean
  readonly durable: boolean
  /** One-way delay in milliseconds: least, usual spread, spread in rare cases, and the share of these. */
  readonly delay: number
  readonly jitter: number
  readonly spike: number
  readonly spikeChance: number
  /** Largest deviation of a clock's rate. */
  readonly drift: number
  /** Largest error of wall clocks. */
  readonly clientClockError: number
  readonly nodeClockError: number
  readonly faults: ReadonlySet<SimulatedFault>
  readonly features: ReadonlySet<Feature>
  readonly edges: ReadonlySet<Edge>
}

/** What can be switched off by its name. */
export type Part = SimulatedFault | Feature | Edge

export type PlanChanges = Partial<Omit<Plan, 'seed' | 'world' | 'faults' | 'features' | 'edges'>> & {
  readonly without?: readonly Part[] | undefined
  /** Of all that can be switched off, just these. */
  readonly only?: readonly Part[] | undefined
}

const WARM_UP = 300

/** An inspection counts emptied nodes as well, so it may miss a lock or a mark that only a bare quorum stored. */
export function mayForget({ faults }: Plan): boolean {
  return faults.has('flush') || faults.has('lossyRestart')
}

/** Swarm style: each run draws what is on, so that rare combinations are not drowned by everything at once. */
export function drawPlan(seed: number, world: Plan['world'], changes: PlanChanges = {}): Plan {
  const { without = [], only, ...rest } = changes
  const drawn: Plan = { ...drawWorld(seed, world), ...rest }
  const faults = chosen(FAULTS, drawn.faults, only, without)
  const features = chosen(FEATURES, drawn.features, only, without)
  const edges = chosen(EDGES, drawn.edges, only, without)
  const calmUntil = drawn.guard && (faults.has('flush') || faults.has('lossyRestart')) ? WARM_UP : 0
  const stormUntil = drawn.stormUntil + calmUntil
  return { ...drawn, ...withinReason(drawn), calmUntil, stormUntil, faults, features, edges }
}

function chosen<T extends string>(
  all: readonly T[],
  drawn: ReadonlySet<T>,
  only: readonly string[] | undefined,
  without: readonly string[],
): Set<T> {
  const wanted = only === undefined ? drawn : new Set(all.filter((one) => only.includes(one)))
  return new Set([...wanted].filter((one) => !without.includes(one)))
}

/** In a world where every round trip takes longer than a node's deadline, no lock could be acquired. */
function withinReason({ delay, jitter, ttls }: Plan): Pick<Plan, 'delay' | 'jitter'> {
  const most = Math.min(20, Math.min(...ttls) / 16)
  return { delay: Math.min(delay, most), jitter: Math.min(jitter, most) }
}

function drawWorld(seed: number, world: Plan['world']): Plan {
  const topology = new SeededRandom(seed, 'topology')
  const nodes = topology.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 7])
  const majority = Math.floor(nodes / 2) + 1
  const network = new SeededRandom(seed, 'network-profile')
  const clocks = new SeededRandom(seed, 'clock-profile')
  const load = new SeededRandom(seed, 'load-profile')
  const isCalm = topology.chance(0.15)
  const guard = new SeededRandom(seed, 'guard').chance(0.6)
  const plan: Plan = {
    seed,
    world,
    nodes,
    quorum: topology.chance(0.1) ? majority + topology.below(nodes - majority + 1) : majority,
    clients: 1 + topology.below(4),
    actors: 1 + topology.below(3),
    resources: topology.pick([1, 1, 1, 2, 3]),
    operations: 3 + load.below(12),
    calmUntil: 0,
    stormUntil: 500 + load.skewed(0, 12_000),
    calmness: load.pick([30, 100, 300, 1_000]),
    ttls: load.pick([[30], [100, 250], [300], [300, 1_000], [1_000], [1_000, 5_000], [5_000], [200, 20_000]]),
    sectionTime: load.pick([0, 2, 10, 50, 200, 1_000]),
    thinkTime: load.pick([0, 5, 50, 300]),
    fair: load.pick(['always', 'always', 'always', 'mixed', 'never']),
    spread: new SeededRandom(seed, 'spread').pick(['all', 'soon', 'soon', 'quorum']),
    fencing: load.chance(0.5),
    guard,
    restore: true,
    durable: guard && topology.chance(0.1),
    delay: network.pick([0.1, 0.5, 2, 10]),
    jitter: network.pick([0.1, 0.5, 3, 10]),
    spike: network.pick([5, 30, 150, 1_000]),
    spikeChance: network.pick([0, 0.002, 0.02, 0.1]),
    drift: clocks.pick([0, 0.001, 0.003]),
    clientClockError: clocks.pick([0, 0, 5, 2_000, 7_200_000]),
    nodeClockError: clocks.pick([0, 0, 5, 2_000, 7_200_000]),
    faults: isCalm ? new Set() : drawFaults(new SeededRandom(seed, 'faults'), guard),
    features: drawSome(new SeededRandom(seed, 'features'), FEATURES, { force: 0.05, reopen: 0.3 }),
    edges: new Set(),
  }
  if (world === 'safe') return plan
  // From a separate stream, so that everything else is as in the safe world of the same seed.
  const edges = drawSome(new SeededRandom(seed, 'edges'), EDGES, { longMark: 0 })
  if (world === 'edges') return { ...plan, edges }
  if (world === 'restoring') return { ...plan, ...forgetful(plan), edges: new Set([...edges, 'longMark']) }
  return { ...plan, ...unsafe(plan, world) }
}

/** Nodes are emptied so often, and locks live so long, that waiting for the end of what they forgot would take forever. */
function forgetful({ seed, faults, features, quorum, nodes }: Plan): Partial<Plan> {
  const chance = new SeededRandom(seed, 'restoring')
  const size = Math.max(2, nodes)
  const lossy = chance.pick([['flush'], ['lossyRestart'], ['flush', 'lossyRestart']] as const)
  return {
    nodes: size,
    quorum: Math.max(quorum, Math.floor(size / 2) + 1),
    guard: true,
    durable: false,
    ttls: chance.pick([[5_000], [10_000], [20_000], [300, 30_000], [1_000, 8_000], [6_000, 60_000]]),
    stormUntil: 5_000 + chance.skewed(0, 40_000),
    calmness: chance.pick([100, 300, 1_000, 3_000]),
    operations: 5 + chance.below(20),
    faults: new Set([...faults, ...lossy]),
    features: new Set([...features].filter((one) => one !== 'force')),
  }
}

function drawFaults(chance: SeededRandom, guard: boolean): Set<SimulatedFault> {
  const faults = drawSome(chance, FAULTS, {})
  // Without the guard, nothing is promised once data is lost.
  if (!guard) {
    faults.delete('lossyRestart')
    faults.delete('flush')
  }
  return faults
}

function drawSome<T extends string>(
  chance: SeededRandom,
  all: readonly T[],
  odds: Readonly<Partial<Record<T, number>>>,
): Set<T> {
  const share = chance.pick([0.15, 0.35, 0.6])
  // Every name draws, so that a change of one does not shift the others.
  return new Set(all.filter((one) => chance.fraction() < (odds[one] ?? share)))
}

function unsafe(plan: Plan, world: UnsafeWorld): Partial<Plan> {
  const features = new Set<Feature>([...plan.features, 'overstay', 'autoExtend'])
  features.delete('force')
  const busy = { clients: Math.max(2, plan.clients), features, resources: 1 }
  switch (world) {
    case 'dataLoss':
      return { ...busy, guard: false, faults: new Set([...plan.faults, 'flush' as const, 'crash' as const]) }
    case 'nodeClockJumps':
      return { ...busy, faults: plan.faults }
    case 'drift':
      return { ...busy, drift: 0.1, ttls: [1_000, 5_000] }
    case 'uncheckedPause':
      return { ...busy, faults: new Set([...plan.faults, 'pause' as const]), ttls: [100, 300] }
  }
}
