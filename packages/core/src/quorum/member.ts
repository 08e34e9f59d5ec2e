import type { Agenda } from '../agenda.js'
import type { Clock } from '../clock.js'
import type { MarkerCheck, NodeCommand, ReleaseCommand } from '../node/commands.js'
import type { LockNode } from '../node/lock-node.js'
import type { Failed, Greeting, NodeReply } from '../node/replies.js'
import { excluded, recorded, UNGUARDED, unsent, type Admission } from './admission.js'
import { NodeClock } from './node-clock.js'
import { PendingReleases, type AnswerState } from './pending-releases.js'
import { Suspicion } from './suspicion.js'

/** Commands that one node may leave unanswered before it is sent no more. */
const MOST_PENDING = 20_000

/** How many times slower than it is for certain a node that does not answer is taken to be. */
const SLOWER = 10

/** The commands whose answers count. */
const VOTES: ReadonlySet<NodeCommand['kind']> = new Set(['acquire', 'extend', 'repair'])

/** Called once with the reply to a command; `now` is monotonic. */
export type Answer = (reply: NodeReply, now: number, member: Member) => void

/** What happened to a member that concerns the whole quorum. */
export interface MemberObserver {
  connected(member: Member): void
  disconnected(member: Member): void
  /** It has stopped responding, or is responding again. */
  suspicion(member: Member): void
  /** By how much a node's clock may jump before it matters, milliseconds. */
  clockMargin(): number
  /** Its clock jumped by `step` milliseconds. */
  clockStepped(member: Member, step: number): void
  /** It refused because it does not have the marker that this client knows. */
  unproven(member: Member): void
}

/**
 * One voter as the engine sees it: a node, whether it is worth asking, and which releases it has yet to acknowledge.
 * A member that let a command time out is suspect, and receives nothing except probes until it answers.
 */
export class Member {
  readonly name: string
  /** Whether it may vote. Written by the guard. */
  admission: Admission = UNGUARDED
  /** The name of the place in the fleet that its server has, or had. Written by the guard. */
  seat: string | undefined
  /** How often it was connected. */
  connections = 0
  readonly #suspicion: Suspicion
  readonly #nodeClock: NodeClock
  readonly #releases: PendingReleases
  readonly #unwatch: (() => void) | undefined
  #pending = 0
  #roundTrip: number | undefined
  #pace: number | undefined
  #lastHeard = -Infinity
  #lastError: string | undefined
  #closed = false

  constructor(
    readonly node: LockNode,
    readonly index: number,
    readonly clock: Clock,
    agenda: Agenda,
    readonly observer: MemberObserver,
  ) {
    this.name = node.name
    this.#nodeClock = new NodeClock(() => observer.clockMargin())
    this.#suspicion = new Suspicion(agenda, clock, () => {
      if (node.connected) this.#send({ kind: 'greet' }, () => undefined, clock.monotonic())
    })
    this.#releases = new PendingReleases(agenda, clock, (release, answer) => this.submit(release, answer))
    this.#unwatch = node.watch?.({
      connected: () => {
        this.connections++
        this.#endSuspicion()
        observer.connected(this)
        this.#releases.flush()
      },
      disconnected: () => {
        observer.disconnected(this)
      },
    })
  }

  /** Proves to the node that it is asked by a client that knows this run of it. */
  get marker(): MarkerCheck | undefined {
    return this.admission.marker
  }

  /** Nothing known to the guard keeps it from voting. */
  get mayVote(): boolean {
    return this.admission.state === 'admitted'
  }

  /** Monotonic time since which it has not responded; `undefined` while it does. */
  get suspectSince(): number | undefined {
    return this.#suspicion.since
  }

  get pending(): number {
    return this.#pending
  }

  get isReachable(): boolean {
    return this.node.connected && this.#suspicion.since === undefined
  }

  /** Why nothing at all can be sent to it now. */
  get obstacle(): Failed | undefined {
    if (!this.node.connected) return unsent('not connected')
    const { since } = this.#suspicion
    if (since !== undefined)
      return unsent(`not responding for ${Math.round(this.clock.monotonic() - since)} ms`)
    return this.#pending < MOST_PENDING ? undefined : unsent(`${MOST_PENDING} commands already in flight`)
  }

  /** Milliseconds, smoothed; `undefined` before the first answer. */
  get roundTrip(): number | undefined {
    return this.#roundTrip
  }

  /** Milliseconds that an answer is expected to take: the round trip, or what is known since. For choosing among members. */
  get pace(): number {
    return this.#pace ?? 0
  }

  /** It has not answered for `elapsed` milliseconds, and nobody knows how much longer it will take. */
  isSlow(elapsed: number): void {
    this.#pace = Math.max(this.pace, SLOWER * elapsed)
  }

  /** It was not chosen, so what is known of its pace counts less and less; otherwise it would never be asked again. */
  catchUp(pace: number): void {
    this.#pace = smoothed(this.#pace, pace)
  }

  /** The node's wall clock minus the monotonic one, milliseconds. */
  get clockOffset(): number | undefined {
    return this.#nodeClock.offset
  }

  get lastClockStep(): number | undefined {
    return this.#nodeClock.lastStep
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** How many releases the node has not acknowledged yet. */
  get pendingReleases(): number {
    return this.#releases.size
  }

  lacks(ability: NonNullable<LockNode['lacks']>[number]): boolean {
    return this.node.lacks?.includes(ability) === true
  }

  /**
   * Sends a command, or returns at once why not. `answer` is never called before this returns; `sentAt` is monotonic.
   */
  submit(command: NodeCommand, answer: Answer, sentAt: number = this.clock.monotonic()): Failed | undefined {
    const obstacle = this.obstacle ?? this.#obstacleTo(command)
    if (obstacle !== undefined) return obstacle
    this.#send(command, answer, sentAt)
    return undefined
  }

  /**
   * Makes sure that a release reaches the node, now or later. The keys are gone anyway `life` milliseconds after the
   * node took them.
   */
  deliver(release: ReleaseCommand, life: number, state: AnswerState): void {
    if (!this.#closed) this.#releases.add(release, life, state)
  }

  /** A command was not answered within its deadline. */
  overdue(sentAt: number): void {
    if (this.#closed || this.#suspicion.since !== undefined || this.#lastHeard >= sentAt) return
    this.#lastError = 'did not answer in time'
    this.#suspicion.begin()
    this.observer.suspicion(this)
  }

  greet(marker: string | undefined, answer: (greeting: Greeting | undefined) => void): void {
    const obstacle = this.submit({ kind: 'greet', marker }, (reply) => {
      answer(reply.vote === 'granted' ? reply.greeting : undefined)
    })
    if (obstacle !== undefined) answer(undefined)
  }

  close(): void {
    this.#closed = true
    this.#unwatch?.()
    this.#suspicion.close()
    this.#releases.forget()
  }

  /** A node that must be checked again may still extend what it has, if it proves to be the same. */
  #obstacleTo({ kind }: NodeCommand): Failed | undefined {
    const { obstacle, marker } = this.admission
    const isProven = marker !== undefined && (kind === 'extend' || kind === 'repair')
    return VOTES.has(kind) && !isProven ? obstacle : undefined
  }

  #send(command: NodeCommand, answer: Answer, sentAt: number): void {
    let answered = false
    const onReply = (reply: NodeReply): void => {
      // A third-party node may answer twice.
      if (answered) return
      answered = true
      this.#pending--
      const now = this.clock.monotonic()
      this.#noteReply(reply, sentAt, now)
      // Not for the guard's own commands: a node that refused everything so would be asked without a pause.
      if (VOTES.has(command.kind) && isUnproven(reply)) this.observer.unproven(this)
      if (command.kind === 'mark' || (command.kind === 'greet' && command.marker !== undefined)) {
        this.#noteMarker(command.kind, reply)
      }
      if (reply.vote === 'granted') this.#noteTtl(command)
      answer(reply, now, this)
    }
    this.#pending++
    try {
      this.node.send(command, onReply)
    } catch (cause) {
      // The port forbids it, but the caller still needs a vote, and whether anything was sent is not known.
      queueMicrotask(() => {
        onReply({ vote: 'unknown', reason: `send() threw ${String(cause)}`, cause })
      })
    }
  }

  /** Common case: the marker is known to have recorded a TTL that is at least as long. */
  #noteTtl(command: NodeCommand): void {
    if (!('ttl' in command) || command.marker === undefined || command.ttl <= command.marker.longestTtl)
      return
    this.admission = recorded(this.admission, command.marker, command.ttl)
  }

  /** A node whose marker can be neither read nor written cannot vote: loading, out of memory, missing permissions. */
  #noteMarker(kind: 'greet' | 'mark', reply: NodeReply): void {
    const { admission } = this
    if (admission.obstacle === undefined || (reply.vote !== 'failed' && reply.vote !== 'unknown')) return
    const refused = kind === 'greet' ? 'its marker cannot be read' : 'its marker cannot be written'
    const reason = `${refused}: ${reply.reason}`
    this.admission = excluded(admission, { ...reply, vote: 'failed', unsent: true, reason })
  }

  #noteReply(reply: NodeReply, sentAt: number, now: number): void {
    if (reply.vote === 'failed' || reply.vote === 'unknown') {
      this.#lastError = reply.reason
      return
    }
    this.#lastHeard = now
    const took = now - sentAt
    this.#roundTrip = smoothed(this.#roundTrip, took)
    this.#pace = smoothed(this.#pace, took)
    if (reply.clock !== undefined) {
      const step = this.#nodeClock.read(reply.clock, now, took)
      if (step !== undefined) this.observer.clockStepped(this, step)
    }
    if (this.#suspicion.since !== undefined) this.#endSuspicion()
  }

  #endSuspicion(): void {
    if (this.#suspicion.since === undefined) return
    this.#suspicion.end()
    this.observer.suspicion(this)
    this.#releases.flush()
  }
}

function smoothed(known: number | undefined, next: number): number {
  return known === undefined ? next : known + (next - known) / 8
}

/** The node does not have the marker that this client knows: it lost its data, and another client may have noticed first. */
function isUnproven(reply: NodeReply): boolean {
  return reply.vote === 'refused' && reply.reason === 'unmarked'
}
