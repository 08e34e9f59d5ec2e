import type { AcquireCommand, NodeCommand, NodeReply } from '@quorumlock/core'
import type { Link } from './link.js'
import type { Oracle } from './oracle.js'
import type { Plan } from './plan.js'
import type { Timeline } from './timeline.js'

interface Waiting {
  readonly keys: readonly string[]
  at: number
  /** Nodes whose queue has it. */
  readonly placed: Set<string>
  /** True time from which all of them have it. */
  since: number | undefined
}

interface Round {
  readonly sent: number
  granted: number
}

/** A world in which first come, first served has to hold to the letter. */
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

/** Who came to stand in all queues before another one even asked is served before it. */
export class Fairness {
  readonly #oracle: Oracle
  readonly #timeline: Timeline
  readonly #plan: Plan
  readonly #waiting = new Map<string, Waiting>()
  readonly #rounds = new Map<string, Round>()
  /** Where a waiter stood at first: until a node hears that it has stepped back, its old place counts there. */
  readonly #firstPlaces = new Map<string, number>()

  constructor(oracle: Oracle, timeline: Timeline, plan: Plan) {
    this.#oracle = oracle
    this.#timeline = timeline
    this.#plan = plan
  }

  sent(_link: Link, command: NodeCommand): void {
    if (command.kind === 'release' && command.leave !== undefined) this.#waiting.delete(command.leave)
    if (command.kind !== 'acquire') return
    if (!this.#rounds.has(command.value))
      this.#rounds.set(command.value, { sent: this.#timeline.now, granted: 0 })
    if (typeof command.queue !== 'object') return
    const { id, at } = command.queue
    if (!this.#firstPlaces.has(id)) this.#firstPlaces.set(id, at)
    const before = this.#waiting.get(id)
    // One that steps back stands anew.
    if (before?.at !== at)
      this.#waiting.set(id, { keys: command.keys, at, placed: new Set(), since: undefined })
  }

  answered(link: Link, command: NodeCommand, reply: NodeReply): void {
    if (command.kind !== 'acquire') return
    if (reply.vote === 'granted') this.#noteGrant(command)
    if (reply.vote !== 'refused' || typeof command.queue !== 'object') return
    if (reply.reason !== 'held' && reply.reason !== 'queued') return
    const waiting = this.#waiting.get(command.queue.id)
    if (waiting === undefined) return
    waiting.placed.add(link.name)
    if (waiting.placed.size === this.#plan.nodes) waiting.since ??= this.#timeline.now
  }

  #noteGrant(command: AcquireCommand): void {
    const round = this.#rounds.get(command.value)
    if (round === undefined || ++round.granted !== this.#plan.quorum) return
    const self = typeof command.queue === 'object' ? command.queue : undefined
    if (self !== undefined) this.#waiting.delete(self.id)
    const place = self === undefined ? Infinity : (this.#firstPlaces.get(self.id) ?? self.at)
    for (const [id, { keys, at, since }] of this.#waiting) {
      if (since === undefined || since >= round.sent || !keys.some((key) => command.keys.includes(key)))
        continue
      if (place <= at) continue
      this.#oracle.report(
        'liveness',
        `${command.value} got ${command.keys.join()} before ${id}, who has stood first since ${since.toFixed(1)}`,
      )
    }
  }
}
