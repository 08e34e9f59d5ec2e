import { shownResources } from '../check.js'
import { digestOf } from '../digest.js'
import { labelOf } from '../label.js'
import { TOMBSTONE, type Waiter } from '../node/commands.js'
import type { NodeReply, Sighting } from '../node/replies.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { unanswered } from './refusal.js'

/** What the nodes know of one resource: plain data that does not give anyone the power to release the lock. */
export interface Inspection {
  /** Whether it is held on a majority of nodes, or may be as far as the responding nodes know. */
  readonly locked: boolean
  /**
   * Milliseconds until a majority is free by expiry, unless the lock is extended or released; 0 when it is not locked,
   * `Infinity` (`null` in JSON) when it never expires.
   */
  readonly remaining: number
  /** Number of waiters. */
  readonly waiters: number
  readonly nodes: readonly NodeInspection[]
}

export interface NodeInspection {
  readonly node: string
  readonly vote: 'granted' | 'refused' | 'failed' | 'unknown'
  readonly reason?: string | undefined
  /** A digest of the holder's value on this node: the first 16 hex digits of its SHA-256. `null` when it is free here. */
  readonly holder: string | null
  /** The holder's `label`, if it has one. */
  readonly label?: string | undefined
  readonly remaining: number | null
  /** Digests of the waiters here, in order. A waiter to which the lock is handed over becomes `holder` under the same digest. */
  readonly waiters: readonly string[]
  /** Their `label`s in the same order, empty where there is none. */
  readonly waiterLabels: readonly string[]
  /** Highest fencing token granted here, in decimal digits; `'0'` when none was. */
  readonly token: string
}

/** Asks all nodes until it is certain whether the keys are held. */
export async function inspectUntilDecided(
  quorum: Quorum,
  keys: readonly string[],
  watch?: Waiter,
): Promise<Tally> {
  return quorum.round(() => ({ kind: 'inspect', keys, watch }), {
    isDecided: (tally) => holding(quorum, tally) !== 'undecided',
  })
}

/** Asks all nodes, and waits for every answer within the node timeout. */
export async function inspectAll(quorum: Quorum, keys: readonly string[]): Promise<Tally> {
  return quorum.round(() => ({ kind: 'inspect', keys }), { isDecided: () => false })
}

/** Whether the keys may be held on a majority. Throws when too few nodes answered to decide that. */
export function isHeld(quorum: Quorum, resources: readonly string[], tally: Tally): boolean {
  const state = holding(quorum, tally)
  if (state !== 'undecided') return state === 'held'
  if (!tally.isAnswered) {
    throw unanswered(quorum, `tell whether ${shownResources(resources)} is locked`, resources, tally)
  }
  // The nodes that did not answer may be the ones that make it a majority.
  return mostHeld(tally) > 0
}

export function inspectionOf(quorum: Quorum, resource: string, tally: Tally): Inspection {
  const locked = isHeld(quorum, [resource], tally)
  // The holder may still be in the queue of a node that had another holder.
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
    remaining: locked ? untilFree(quorum, tally) : 0,
    waiters: Math.max(0, ...nodes.map((node) => node.waiters.length)),
    nodes,
  }
}

/** Milliseconds until a quorum may be free by expiry; `Infinity` when too many keys never expire. */
export function untilFree(quorum: Quorum, tally: Tally): number {
  const times = tally.replies.map((reply) => {
    if (reply?.vote !== 'granted') return Infinity
    return Math.max(
      0,
      ...sightingsOf(reply).map((seen) => (seen.value === null ? 0 : (seen.remaining ?? Infinity))),
    )
  })
  return quorum.qthSmallest(times)
}

/**
 * Held when one value is on a quorum; free when none can be, even if every node that did not answer stored it. What a node in
 * quarantine does not have it may have forgotten, so it counts as one that did not answer.
 */
function holding(quorum: Quorum, tally: Tally): 'held' | 'free' | 'undecided' {
  const most = mostHeld(tally)
  if (quorum.isQuorum(most)) return 'held'
  const answers = quorum.members.filter(({ index, admission }) => {
    const reply = tally.replies[index]
    const hasAnswered = reply?.vote === 'granted' || reply?.vote === 'refused'
    return hasAnswered && admission.quarantinedUntil === undefined
  }).length
  const unanswered = tally.replies.length - answers
  return quorum.isQuorum(answers) && !quorum.isQuorum(most + unanswered) ? 'free' : 'undecided'
}

/** The number of nodes that store the most widespread value of a key. A tombstone may stand for any value. */
function mostHeld(tally: Tally): number {
  const counts = new Map<string, number>()
  const tombstones = new Map<string, number>()
  let most = 0
  for (const reply of tally.replies) {
    for (const { key, value } of sightingsOf(reply)) {
      if (value === null) continue
      const isTombstone = value === TOMBSTONE
      const [all, name] = isTombstone ? [tombstones, key] : [counts, `${key} ${value}`]
      all.set(name, (all.get(name) ?? 0) + 1)
    }
  }
  for (const [key, buried] of tombstones) most = Math.max(most, buried, ...beside(counts, key, buried))
  for (const count of counts.values()) most = Math.max(most, count)
  return most
}

function* beside(counts: ReadonlyMap<string, number>, key: string, buried: number): Iterable<number> {
  for (const [name, count] of counts) if (name.startsWith(`${key} `)) yield count + buried
}

function sightingsOf(reply: NodeReply | undefined): readonly Sighting[] {
  return reply?.vote === 'granted' ? (reply.sightings ?? []) : []
}
