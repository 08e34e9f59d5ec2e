import { waiterOf, type NodeCommand, type NodeReply, type Waiter } from '@quorumlock/core'
import type { SimulatedLink } from './simulated-link.js'
import type { Oracle } from './oracle.js'
import type { Plan } from './plan.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

interface Waiting {
  readonly keys: readonly string[]
  at: number
  /** When it sent its first request. */
  readonly sent: number
  /** Nodes whose queue has it. */
  readonly placed: Set<string>
  /** True time from which all of them have it. */
  since: number | undefined
}

/** An attempt, and the nodes that have granted it. */
interface Round {
  readonly sent: number
  readonly granted: Set<string>
}

/** Whether first come, first served must hold exactly in this world. */
export function isStrict(plan: Plan): boolean {
  const clocksAgree = plan.clientClockError <= 5 && plan.nodeClockError <= 5
  return (
    plan.faults.size === 0 &&
    plan.world === 'safe' &&
    plan.fair === 'always' &&
    clocksAgree &&
    plan.spikeChance === 0
  )
}

/** A waiter that was in all queues before another one sent its first request must be served first. */
export class Fairness {
  readonly #oracle: Oracle
  readonly #timeline: Timeline
  readonly #plan: Plan
  readonly #waiting = new Map<string, Waiting>()
  readonly #rounds = new Map<string, Round>()
  /** The first place of a waiter. It counts on each node until that node learns that the waiter has stepped back. */
  readonly #firstPlaces = new Map<string, number>()

  constructor(oracle: Oracle, timeline: Timeline, plan: Plan) {
    this.#oracle = oracle
    this.#timeline = timeline
    this.#plan = plan
  }

  sent(_link: SimulatedLink, command: NodeCommand): void {
    if (command.kind === 'release' && command.requeue === undefined)
      this.#waiting.delete(waiterOf(command.value))
    if (command.kind !== 'acquire') return
    this.#open(command.value, this.#timeline.now)
    if (typeof command.queue !== 'object') return
    const { at } = command.queue
    const id = waiterOf(command.queue.id)
    if (!this.#firstPlaces.has(id)) this.#firstPlaces.set(id, at)
    const before = this.#waiting.get(id)
    // A waiter that steps back gets a new place.
    if (before?.at === at) return
    const sent = before?.sent ?? this.#timeline.now
    this.#waiting.set(id, { keys: command.keys, at, sent, placed: new Set(), since: undefined })
  }

  answered(link: SimulatedLink, command: NodeCommand, reply: NodeReply): void {
    if (command.kind !== 'acquire') return
    if (reply.vote === 'granted') {
      const { value, keys, queue } = command
      this.#noteGrant(link.name, value, keys, typeof queue === 'object' ? queue : undefined)
    }
    if (reply.vote !== 'refused' || typeof command.queue !== 'object') return
    if (reply.reason !== 'held' && reply.reason !== 'queued') return
    const waiting = this.#waiting.get(waiterOf(command.queue.id))
    if (waiting === undefined) return
    waiting.placed.add(link.name)
    if (waiting.placed.size === this.#plan.nodes) waiting.since ??= this.#timeline.now
  }

  /** A node handed the lock over to the next waiter. */
  handed(server: Server, name: string): void {
    const waiting = this.#waiting.get(waiterOf(name))
    if (waiting === undefined) return
    this.#open(name, waiting.sent)
    this.#noteGrant(server.name, name, waiting.keys, { id: name, at: waiting.at })
  }

  #open(value: string, sent: number): void {
    if (!this.#rounds.has(value)) this.#rounds.set(value, { sent, granted: new Set() })
  }

  #noteGrant(
    node: string,
    value: string,
    keys: readonly string[],
    self: Pick<Waiter, 'id' | 'at'> | undefined,
  ): void {
    const round = this.#rounds.get(value)
    if (round?.granted.add(node).size !== this.#plan.quorum) return
    let place = Infinity
    if (self !== undefined) {
      const id = waiterOf(self.id)
      this.#waiting.delete(id)
      place = this.#firstPlaces.get(id) ?? self.at
    }
    for (const [other, { keys: wanted, at, since }] of this.#waiting) {
      if (since === undefined || since >= round.sent || !wanted.some((key) => keys.includes(key))) continue
      if (place <= at) continue
      this.#oracle.report(
        'liveness',
        `${value} got ${keys.join()} before ${other}, which has been first since ${since.toFixed(1)}`,
      )
    }
  }
}
