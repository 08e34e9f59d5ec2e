import type { NodeVote } from '../errors.js'
import type { NodeReply, RefusalReason } from '../node/replies.js'

/** The votes of one round, as they come in. Every rule about numbers of votes is a predicate of this class. */
export class Tally {
  readonly replies: (NodeReply | undefined)[]
  readonly latencies: number[]
  granted = 0
  outstanding: number
  /** Fixed once the round is decided. Later votes change the counts, never the outcome. */
  outcome: 'won' | 'lost' | undefined
  /** Won, but so late that the lock expired before it could be handed out. */
  tookTooLong = false

  constructor(
    readonly names: readonly string[],
    readonly quorum: number,
  ) {
    this.replies = new Array<NodeReply | undefined>(names.length).fill(undefined)
    this.latencies = new Array<number>(names.length).fill(0)
    this.outstanding = names.length
  }

  /** Counts a reply. A late reply replaces the `unknown` that was recorded at the deadline. */
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

  /** So many nodes cannot serve that the remaining ones are fewer than a quorum, regardless of their votes. */
  get isUnavailable(): boolean {
    return this.tookTooLong || this.unable > this.#spare
  }

  /** The same, for reasons that only the caller can fix. */
  get isMisuse(): boolean {
    return this.misused > this.#spare
  }

  /** The same, but only because nodes have not answered in time. */
  get isTimedOut(): boolean {
    const timedOut = this.#count(({ vote }) => vote === 'unknown')
    return this.isUnavailable && !this.tookTooLong && this.unable - timedOut <= this.#spare
  }

  /** Number of nodes that cannot serve any request. */
  get unable(): number {
    return this.#count(cannotServe)
  }

  /** Number of those nodes that report a caller error. */
  get misused(): number {
    return this.#count((reply) => 'misuse' in reply && reply.misuse === true)
  }

  /** So many nodes no longer have the value that the remaining ones are fewer than a quorum. */
  get isGone(): boolean {
    return this.#count((reply) => isRefused(reply, 'gone') || isRefused(reply, 'taken')) > this.#spare
  }

  /** A quorum has granted or refused. */
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

  /** Number of nodes that a quorum can do without. */
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
