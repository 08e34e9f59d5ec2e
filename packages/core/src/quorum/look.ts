import { shownResources } from '../check.js'
import { digestOf } from '../digest.js'
import type { Engine } from '../engine.js'
import { labelOf } from '../label.js'
import type { NodeReply, Sighting, Waiter } from '../node/lock-node.js'
import { unanswered } from './refusal.js'
import type { Tally } from './tally.js'

/** What the nodes know of one resource: plain data, which nobody can release a lock with. */
export interface Inspection {
  /** Whether somebody has it on a majority, or may have it as far as the nodes that answer can tell. */
  readonly locked: boolean
  /**
   * Milliseconds until a majority is free by expiry if nobody extends or releases; 0 when it is not locked, `Infinity`
   * (`null` in JSON) when it never is.
   */
  readonly remaining: number
  /** How many wait for it. */
  readonly waiters: number
  readonly nodes: readonly NodeInspection[]
}

export interface NodeInspection {
  readonly node: string
  readonly vote: 'granted' | 'refused' | 'failed' | 'unknown'
  readonly reason?: string | undefined
  /** A digest of the holder's value on this node: the first 16 hex digits of its SHA-256. `null` when it is free here. */
  readonly holder: string | null
  /** The holder's `label`, if it gave one. */
  readonly label?: string | undefined
  readonly remaining: number | null
  /** Digests of those who wait here, first come first. One to whom the lock is handed over is its `holder` by the same. */
  readonly waiters: readonly string[]
  /** Their `label`s in the same order, empty where one gave none. */
  readonly waiterLabels: readonly string[]
  /** Highest fencing token granted here, in decimal digits; `'0'` when none was. */
  readonly token: string
}

/** Asks all nodes; decided as soon as it is sure, or with everything that came in time. */
export async function look(
  engine: Engine,
  keys: readonly string[],
  watch: Waiter | undefined,
  thorough: boolean,
): Promise<Tally> {
  return engine.round(() => ({ kind: 'inspect', keys, watch }), {
    isDecided: (tally) => !thorough && holding(engine, tally) !== 'unsure',
  })
}

/** Whether the keys may be held by a majority. Rejects when too few nodes answered to say so. */
export function isHeld(engine: Engine, resources: readonly string[], tally: Tally): boolean {
  const state = holding(engine, tally)
  if (state !== 'unsure') return state === 'held'
  if (!tally.isAnswered) {
    throw unanswered(engine, `tell whether ${shownResources(resources)} is locked`, resources, tally)
  }
  // Nodes that are silent may be the ones that make it a majority.
  return mostHeld(tally) > 0
}

export function inspectionOf(engine: Engine, resource: string, tally: Tally): Inspection {
  const locked = isHeld(engine, [resource], tally)
  // Who has the lock may stand in the queue of a node that had another holder still.
  const holders = new Set(tally.replies.map((reply) => sightingsOf(reply)[0]?.value))
  const votes = tally.votes()
  const nodes = tally.replies.map((reply, index): NodeInspection => {
    const { node, vote, reason } = votes[index] as (typeof votes)[number]
    const sighting = sightingsOf(reply)[0]
    const value = sighting?.value ?? null
    const label = labelOf(value)
    const waiters = sighting?.waiters.filter((waiter) => !holders.has(waiter)) ?? []
    return {
      node,
      vote,
      ...(reason === undefined ? {} : { reason }),
      holder: value === null ? null : digestOf(value),
      ...(label === undefined ? {} : { label }),
      remaining: sighting?.remaining ?? null,
      waiters: waiters.map(digestOf),
      waiterLabels: waiters.map((waiter) => labelOf(waiter) ?? ''),
      token: String(BigInt(sighting?.counter ?? 0)),
    }
  })
  return {
    locked,
    remaining: locked ? untilFree(engine, tally) : 0,
    waiters: Math.max(0, ...nodes.map((node) => node.waiters.length)),
    nodes,
  }
}

/** Milliseconds until so many nodes are free by expiry that a quorum may be; `Infinity` when some never expire. */
export function untilFree(engine: Engine, tally: Tally): number {
  const times = tally.replies.map((reply) => {
    if (reply?.vote !== 'granted') return Infinity
    return Math.max(
      0,
      ...sightingsOf(reply).map((seen) => (seen.value === null ? 0 : (seen.remaining ?? Infinity))),
    )
  })
  times.sort((a, b) => a - b)
  return times[engine.options.quorum - 1] as number
}

/** Held when one value is on a quorum; free when none can be, even if all that are silent had it. */
function holding(engine: Engine, tally: Tally): 'held' | 'free' | 'unsure' {
  const { quorum } = engine.options
  const most = mostHeld(tally)
  if (most >= quorum) return 'held'
  const silent = tally.replies.length - tally.answers
  return tally.isAnswered && most + silent < quorum ? 'free' : 'unsure'
}

/** On how many nodes the most widespread value of a key is. */
function mostHeld(tally: Tally): number {
  const counts = new Map<string, number>()
  let most = 0
  for (const reply of tally.replies) {
    for (const { key, value } of sightingsOf(reply)) {
      if (value === null) continue
      const count = (counts.get(`${key} ${value}`) ?? 0) + 1
      counts.set(`${key} ${value}`, count)
      most = Math.max(most, count)
    }
  }
  return most
}

function sightingsOf(reply: NodeReply | undefined): readonly Sighting[] {
  return reply?.vote === 'granted' ? (reply.sightings ?? []) : []
}
