import { faults, type FaultName, type FaultOptions } from '../faults/faults.js'
import { SeededRandom } from '../random/seeded-random.js'

/** Which nodes a fault hits, in Jepsen's words. `ring`: every client reaches another majority; each two share a node. */
export type Target = 'one' | 'minority' | 'majority' | 'all' | 'ring'

export interface Step {
  /** Milliseconds after the end of the previous step. */
  readonly after: number
  readonly fault: FaultName | 'majorities ring'
  readonly target: Target
  /** Indexes of the nodes; none for the ring. */
  readonly nodes: readonly number[]
  readonly lasting: number
  /** How long the nodes count as hit after the fault was undone: a node that lost its data votes again after a TTL. */
  readonly settling: number
  readonly options: FaultOptions
}

export interface ScheduleOptions {
  readonly seed: number
  readonly nodes: number
  /**
   * - `minority` never hits a majority, so the service must continue
   * - `anything` hits any number of nodes, and makes the ring; at most a majority loses data, because nodes that have
   *   all lost theirs are a new fleet to every client, and no lock survives that
   */
  readonly mode: 'minority' | 'anything'
  /** The longest TTL of the locks under test. */
  readonly ttl: number
  /** Which faults. Default: all that leave a guarded lock safe when they hit a minority. */
  readonly faults?: readonly FaultName[] | undefined
}

/** Faults that violate what every lease assumes, or that need a key. They must be requested by name. */
const notByDefault: ReadonlySet<FaultName> = new Set<FaultName>([
  'torn log',
  'swapped databases',
  'deleted key',
  'foreign value',
  'wrong type',
  'stripped TTL',
  'early expiry',
  'clock step',
  'clock back',
  'fast clock',
  'slow clock',
])

export const defaultFaults: readonly FaultName[] = (Object.keys(faults) as FaultName[]).filter(
  (name) => !notByDefault.has(name),
)

/** A command that arrives too late leaves a key that no client holds, until its TTL has passed. */
const leavesVotes: ReadonlySet<FaultName> = new Set<FaultName>(['duplicate request'])

/** An endless schedule of faults. The same seed gives the same schedule. */
export function* schedule({
  seed,
  nodes,
  mode,
  ttl,
  faults: names = defaultFaults,
}: ScheduleOptions): Generator<Step> {
  const random = new SeededRandom(seed, 'nemesis')
  const tolerated = nodes - (Math.floor(nodes / 2) + 1)
  const sizes: Readonly<Record<Exclude<Target, 'ring'>, number>> = {
    one: 1,
    minority: tolerated,
    majority: nodes - tolerated,
    all: nodes,
  }
  const targets: readonly Target[] =
    mode === 'minority'
      ? tolerated === 0
        ? []
        : ['one', 'minority']
      : ['one', 'minority', 'majority', 'all', 'ring']
  if (targets.length === 0)
    throw new RangeError(
      `Expected \`nodes\` to be at least 3 in minority mode, got ${nodes}: no node may fail`,
    )
  const everyone = Array.from({ length: nodes }, (_, index) => index)
  for (;;) {
    const wanted = random.pick(targets)
    const after = random.whole(20, 400)
    const lasting = random.whole(200, 1_500)
    if (wanted === 'ring') {
      yield {
        after,
        fault: 'majorities ring',
        target: wanted,
        nodes: [],
        lasting,
        settling: 200,
        options: {},
      }
      continue
    }
    const fault = random.pick(names)
    const losesData = faults[fault].losesData === true
    const target = wanted === 'all' && losesData ? 'majority' : wanted
    yield {
      after,
      fault,
      target,
      nodes: [...random.some(everyone, sizes[target])].sort((a, b) => a - b),
      lasting,
      settling: losesData || leavesVotes.has(fault) ? Math.ceil(ttl * 1.1) + 500 : 500,
      options: { ms: random.whole(20, 300) },
    }
  }
}
