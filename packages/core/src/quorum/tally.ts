import type { NodeVote } from '../errors.js'
import type { NodeReply, RefusalReason } from '../node/replies.js'

/** The votes of one round, as they come in. Every rule about numbers of votes is a predicate of this class. */
export class Tally {
  readonly replies: (NodeReply | undefined)[]
  readonly latencies: number[]
  granted = 0
  outstanding: number
  /** Fixed when the round is decided: votes that come later change the counts, never what was decided. */
  outcome: 'won' | 'lost' | undefined
  /** Won, but so late that the lock was over before it could be handed out. */
  tookTooLong = false

  constructor(
    readonly names: readonly string[],
    readonly quorum: number,
  ) {
    this.replies = new Array<NodeReply | undefined>(names.length).fill(undefined)
    this.latencies = new Array<number>(names.length).fill(0)
    this.outstanding = names.length
  }

  /** Counts a reply. One that comes after `unknown` was put down for its absence takes that one's place. */
  put(index: number, reply: NodeReply, latency: number): void {
    const before = this.replies[index]
    if (before === undefined) this.outstanding--
    else if (before.vote === 'granted') this.granted--
    if (reply.vote === 'granted') this.granted++
    this.replies[index] = reply
    this.latencies[index] = latency
  }

  get isWon(): boolean {
    return this.granted >= this.quorum
  }

  get cannotWin(): boolean {
    return this.granted + this.outstanding < this.quorum
  }

  get isDecided(): boolean {
    return this.isWon || this.cannotWin
  }

  /** So many nodes cannot serve at all that those left are no quorum, whatever they say. */
  get isUnavailable(): boolean {
    return this.tookTooLong || this.unable > this.#spare
  }

  /** The same, for reasons that only the caller can mend. */
  get isMisuse(): boolean {
    return this.misused > this.#spare
  }

  /** The same, only because they have not answered in time. */
  get isUnheard(): boolean {
    const silent = this.#count(({ vote }) => vote === 'unknown')
    return this.isUnavailable && !this.tookTooLong && this.unable - silent <= this.#spare
  }

  /** Nodes that cannot serve, whatever they are asked. */
  get unable(): number {
    return this.#count(cannotServe)
  }

  /** Those of them that say that only the caller can mend it. */
  get misused(): number {
    return this.#count((reply) => 'misuse' in reply && reply.misuse === true)
  }

  /** So many nodes do not have the value any more that those left are no quorum. */
  get isGone(): boolean {
    return this.#count((reply) => isRefused(reply, 'gone') || isRefused(reply, 'taken')) > this.#spare
  }

  /** A majority has spoken, one way or the other. */
  get isAnswered(): boolean {
    return this.answers >= this.quorum
  }

  get answers(): number {
    return this.#count((reply) => reply.vote === 'granted' || reply.vote === 'refused')
  }

  refusals(reason: RefusalReason): number {
    return this.#count((reply) => isRefused(reply, reason))
  }

  votes(): NodeVote[] {
    return this.names.map((node, index) => {
      const latency = this.latencies[index] as number
      const reply = this.replies[index]
      if (reply === undefined) return { node, vote: 'unknown', reason: 'not answered yet', latency }
      if (reply.vote === 'granted') return { node, vote: 'granted', latency }
      return { node, vote: reply.vote, reason: reasonOf(reply), latency }
    })
  }

  /** Nodes that a quorum can do without. */
  get #spare(): number {
    return this.names.length - this.quorum
  }

  #count(holds: (reply: NodeReply) => boolean): number {
    let count = 0
    for (const reply of this.replies) if (reply !== undefined && holds(reply)) count++
    return count
  }
}

function isRefused(reply: NodeReply, reason: RefusalReason): boolean {
  return reply.vote === 'refused' && reply.reason === reason
}

function cannotServe(reply: NodeReply): boolean {
  if (reply.vote === 'failed' || reply.vote === 'unknown') return true
  return isRefused(reply, 'quarantined') || isRefused(reply, 'unmarked')
}

function reasonOf(reply: Exclude<NodeReply, { vote: 'granted' }>): string {
  if (reply.vote !== 'refused' || reply.remaining === undefined) return reply.reason
  return `${reply.reason}, ${Math.round(reply.remaining)} ms left`
}
