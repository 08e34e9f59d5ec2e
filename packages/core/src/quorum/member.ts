import type { Agenda, Appointment } from '../agenda.js'
import type { Clock } from '../clock.js'
import type {
  Failed,
  Greeting,
  LockNode,
  MarkerCheck,
  NodeCommand,
  NodeReply,
  ReleaseCommand,
} from '../node/lock-node.js'
import { Debts, type Grant } from './debts.js'

/** Commands that one node may leave unanswered before it gets no more. */
const MOST_PENDING = 20_000
const FIRST_PROBE_AFTER = 250
const LONGEST_PROBE_PAUSE = 10_000
/** A node tells its time in whole milliseconds: a smaller change of its clock against ours may be none. */
const CLOCK_RESOLUTION = 2
/** By how much two clocks may run apart by themselves: more than quartz does, and than time daemons correct it by. */
const DRIFT = 0.001

/** Of a member of which the guard does not know yet whether it may vote. */
export const UNCHECKED: Failed = unsent('its marker was not checked yet')

/** Told once of the reply to a command; `now` is monotonic. */
export type Answer = (reply: NodeReply, now: number, member: Member) => void

/** What happened to a member that concerns the whole quorum. */
export interface MemberObserver {
  connected(member: Member): void
  disconnected(member: Member): void
  /** It fell silent (`suspect`), or spoke again. */
  suspicion(member: Member): void
  /** By how much a node's clock may jump before it matters, milliseconds. */
  clockMargin(): number
  /** Its clock jumped by so many milliseconds. */
  clockStepped(member: Member, step: number): void
  /** It refused for the lack of a valid marker, or for a quarantine that others have imposed on it. */
  unproven(member: Member): void
}

/**
 * One voter as the engine sees it: a node, whether it is worth asking, and what is owed to it.
 * A member that let a command time out is suspect: until it speaks again it gets nothing but a probe.
 */
export class Member {
  readonly name: string
  /** Set by the guard when the node may vote; `undefined` where there is no guard. */
  marker: MarkerCheck | undefined
  /** What the guard has in the way of a vote: an acquire is answered so, and not sent. */
  barred: Failed | undefined
  /** When the quarantine ends by our monotonic clock, for `health`. */
  quarantinedUntil: number | undefined

  #suspectSince: number | undefined
  #pending = 0
  #probe: Appointment | undefined
  #probePause = FIRST_PROBE_AFTER
  #roundTrip: number | undefined
  /** The node's clock less ours lies between these. */
  #offsetLow = -Infinity
  #offsetHigh = Infinity
  #clockReadAt = 0
  #lastStep: number | undefined
  #lastHeard = -Infinity
  #lastError: string | undefined
  #closed = false
  readonly #debts: Debts
  readonly #unwatch: (() => void) | undefined

  constructor(
    readonly node: LockNode,
    readonly index: number,
    readonly clock: Clock,
    readonly agenda: Agenda,
    readonly observer: MemberObserver,
  ) {
    this.name = node.name
    this.#debts = new Debts(agenda, clock, (release, answer) => this.submit(release, answer))
    this.#unwatch = node.watch?.({
      connected: () => {
        this.#trust()
        observer.connected(this)
        this.#debts.pay()
      },
      disconnected: () => {
        observer.disconnected(this)
      },
    })
  }

  get suspectSince(): number | undefined {
    return this.#suspectSince
  }

  get pending(): number {
    return this.#pending
  }

  get isReachable(): boolean {
    return this.node.connected && this.#suspectSince === undefined
  }

  /** Nothing that the guard knows of keeps it from voting. */
  get mayVote(): boolean {
    return this.barred === undefined && this.quarantinedUntil === undefined
  }

  /** Why nothing at all can be sent to it now. */
  get obstacle(): Failed | undefined {
    if (!this.node.connected) return unsent('not connected')
    if (this.#suspectSince !== undefined) {
      return unsent(`silent for ${Math.round(this.clock.monotonic() - this.#suspectSince)} ms`)
    }
    if (this.#pending < MOST_PENDING) return undefined
    return unsent(`${MOST_PENDING} commands are waiting for an answer already`)
  }

  /** Milliseconds, smoothed; `undefined` before the first answer. */
  get roundTrip(): number | undefined {
    return this.#roundTrip
  }

  /** The node's wall clock less our monotonic one, milliseconds. */
  get clockOffset(): number | undefined {
    return this.#offsetHigh === Infinity ? undefined : (this.#offsetLow + this.#offsetHigh) / 2
  }

  get lastClockStep(): number | undefined {
    return this.#lastStep
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Releases that the node has not acknowledged yet. */
  get owed(): number {
    return this.#debts.size
  }

  lacks(ability: NonNullable<LockNode['lacks']>[number]): boolean {
    return this.node.lacks?.includes(ability) === true
  }

  /** Sends a command, or says at once why not. `answer` is never called before this returns; `sentAt` is monotonic. */
  submit(command: NodeCommand, answer: Answer, sentAt: number = this.clock.monotonic()): Failed | undefined {
    const obstacle = this.obstacle ?? (command.kind === 'acquire' ? this.barred : undefined)
    if (obstacle !== undefined) return obstacle
    this.#send(command, answer, sentAt)
    return undefined
  }

  /**
   * Makes sure that a release reaches the node, now or later. `life` milliseconds after the node took the keys they
   * are gone anyway.
   */
  deliver(release: ReleaseCommand, life: number, grant: Grant): void {
    if (!this.#closed) this.#debts.owe(release, life, grant)
  }

  /** A command was not answered within its deadline. */
  overdue(sentAt: number): void {
    if (this.#closed || this.#suspectSince !== undefined || this.#lastHeard >= sentAt) return
    this.#suspectSince = this.clock.monotonic()
    this.#lastError = 'did not answer in time'
    this.#probePause = FIRST_PROBE_AFTER
    this.#scheduleProbe()
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
    this.#probe?.cancel()
    this.#debts.forget()
  }

  #send(command: NodeCommand, answer: Answer, sentAt: number): void {
    let answered = false
    const heard = (reply: NodeReply): void => {
      // A node of somebody else's making may say it twice.
      if (answered) return
      answered = true
      this.#pending--
      const now = this.clock.monotonic()
      this.#heard(reply, sentAt, now)
      // Not to what the guard itself asks: a node that said so to everything would be asked without a pause.
      if (command.kind === 'acquire' && this.#isUnproven(reply)) this.observer.unproven(this)
      if (command.kind === 'mark' || (command.kind === 'greet' && command.marker !== undefined)) {
        this.#noteMarker(command.kind, reply)
      }
      answer(reply, now, this)
    }
    this.#pending++
    try {
      this.node.send(command, heard)
    } catch (cause) {
      // Against the port; but a vote is owed, and whether anything was sent before is not known.
      queueMicrotask(() => {
        heard({ vote: 'unknown', reason: `send() threw ${String(cause)}`, cause })
      })
    }
  }

  /** A node that will not even say what it knows, or not note what it has to: loading, out of memory, not permitted. */
  #noteMarker(kind: 'greet' | 'mark', reply: NodeReply): void {
    if (this.barred === undefined || (reply.vote !== 'failed' && reply.vote !== 'unknown')) return
    const refused = kind === 'greet' ? 'its marker cannot be read' : 'its marker cannot be written'
    this.barred = { ...reply, vote: 'failed', unsent: true, reason: `${refused}: ${reply.reason}` }
  }

  /** A quarantine that we do not know of is one of which we would not see the end. */
  #isUnproven(reply: NodeReply): boolean {
    if (reply.vote !== 'refused') return false
    return (
      reply.reason === 'unmarked' || (reply.reason === 'quarantined' && this.quarantinedUntil === undefined)
    )
  }

  #heard(reply: NodeReply, sentAt: number, now: number): void {
    if (reply.vote === 'failed' || reply.vote === 'unknown') {
      this.#lastError = reply.reason
      return
    }
    this.#lastHeard = now
    const took = now - sentAt
    this.#roundTrip = this.#roundTrip === undefined ? took : this.#roundTrip + (took - this.#roundTrip) / 8
    if (reply.clock !== undefined) this.#watchClock(reply.clock, now, took)
    if (this.#suspectSince !== undefined) this.#trust()
  }

  /** The node's clock was read somewhere between sending and now: its offset lies in a range, and only leaving it is a step. */
  #watchClock(nodeClock: number, now: number, took: number): void {
    const low = nodeClock - now
    const high = low + took
    const step = low > this.#offsetHigh ? low - this.#offsetHigh : Math.min(0, high - this.#offsetLow)
    const since = now - this.#clockReadAt
    this.#clockReadAt = now
    this.#offsetLow = step === 0 ? Math.max(low, this.#offsetLow) : low
    this.#offsetHigh = step === 0 ? Math.min(high, this.#offsetHigh) : high
    const size = Math.abs(step) - DRIFT * since
    if (size <= CLOCK_RESOLUTION || size <= this.observer.clockMargin()) return
    this.#lastStep = step
    this.observer.clockStepped(this, step)
  }

  #trust(): void {
    if (this.#suspectSince === undefined) return
    this.#suspectSince = undefined
    this.#probe?.cancel()
    this.observer.suspicion(this)
    this.#debts.pay()
  }

  /** Any answer ends the suspicion; a probe is there for the case that no other one is on its way any more. */
  #scheduleProbe(): void {
    this.#probe = this.agenda.at(this.clock.monotonic() + this.#probePause, 'background', () => {
      if (this.#suspectSince === undefined) return
      if (this.node.connected) this.#send({ kind: 'greet' }, () => undefined, this.clock.monotonic())
      this.#probePause = Math.min(this.#probePause * 2, LONGEST_PROBE_PAUSE)
      this.#scheduleProbe()
    })
  }
}

/** The vote of a node that was not asked. */
export function unsent(reason: string): Failed {
  return { vote: 'failed', reason, unsent: true }
}
