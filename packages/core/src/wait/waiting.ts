import type { Appointment } from '../agenda.js'
import type { Handed } from '../node/lock-node.js'
import type { NodeReply } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import type { Tally } from '../quorum/tally.js'
import { HEARTBEAT, type Place } from './place.js'
import type { Sleeper, Wakeups } from './wakeups.js'

/** After the first wake-up, how long to wait for the rest before retrying, milliseconds. */
const WAKE_UP_GRACE = 10
/** Split votes in a row after which waiters yield to each other at random. */
const SPLITS_TOLERATED = 3
const LONGEST_SPLIT_PAUSE = 100
/** A node in quarantine must be restored or admitted by some client, so asking more often would be useless; but it may be soon. */
const ADMISSION = 50
const ADMISSION_SOON = 250

/**
 * The sleep between two attempts of one wait. It ends at the first of: wake-ups from enough nodes for a quorum to be
 * free · the moment at which a quorum is free by expiry · the heartbeat that renews the place · the end of the wait.
 */
export class Waiting implements Sleeper {
  readonly #quorum: Quorum
  readonly #wakeups: Wakeups
  readonly #place: Place
  readonly #retryInterval: number
  /** Whether the node may be free, as far as is known since the last attempt. */
  readonly #free: boolean[]
  #wake: (() => void) | undefined
  #alarm: Appointment | undefined
  #alarmDue = Infinity
  #splits = 0
  /** The last attempt, if votes were still outstanding when it was lost. */
  #unjudged: Tally | undefined
  #ended = false

  constructor(quorum: Quorum, wakeups: Wakeups, place: Place, retryInterval: number) {
    this.#quorum = quorum
    this.#wakeups = wakeups
    this.#place = place
    this.#retryInterval = retryInterval
    this.#free = quorum.members.map(() => false)
    wakeups.add(place.number, this)
  }

  /** Before an attempt, which makes use of everything known until now. */
  attempting(): void {
    this.#free.fill(false)
  }

  /** Sleeps after an attempt that was lost until the next one is worthwhile, at most until `until` (monotonic). */
  async sleep(tally: Tally, until: number): Promise<void> {
    const { clock, random } = this.#quorum
    this.#wakeups.listen()
    const now = clock.monotonic()
    this.#noteReplies(tally)
    await this.#yieldAfterSplits(tally, now)
    let due = Math.min(now + HEARTBEAT, until, now + this.#untilFreeByExpiry(tally))
    // Too few nodes can wake this client, so it must poll.
    if (!this.#wakeups.hearsQuorum) {
      due = Math.min(due, now + Math.max(1, 2 * this.#retryInterval * random.fraction()))
    }
    if (this.#isPromising() || this.#place.lacksOffer || this.#ended) return
    await this.#sleepUntil(Math.max(due, now + 1))
  }

  /** Ends the sleep now, for an abort or a close. */
  end(): void {
    this.#ended = true
    this.#wakeups.remove(this.#place.number)
    this.#rise()
  }

  woken(member: Member, name?: string, handed?: Handed): void {
    this.#free[member.index] = true
    if (name !== undefined && handed !== undefined) this.#place.handed(member, name, handed)
    if (this.#wake === undefined) return
    if (this.#isPromising()) this.#rise()
    else this.#alarmAt(Math.min(this.#alarmDue, this.#quorum.clock.monotonic() + this.#grace()))
  }

  #sleepUntil(due: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#alarmAt(due)
    })
  }

  #rise(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
    this.#alarmDue = Infinity
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #alarmAt(due: number): void {
    if (due === this.#alarmDue) return
    this.#alarm?.cancel()
    this.#alarmDue = due
    this.#alarm = this.#quorum.agenda.at(due, 'awaited', () => {
      this.#rise()
    })
  }

  #isPromising(): boolean {
    let free = 0
    for (const isFree of this.#free) if (isFree) free++
    return this.#quorum.isQuorum(free)
  }

  /** Nodes whose grant was just rolled back are free; what nodes have reported since then is kept. */
  #noteReplies(tally: Tally): void {
    // Everything was rolled back because it came too late: trying again at once would come too late again.
    if (tally.tookTooLong) return
    tally.replies.forEach((reply, index) => {
      if (reply?.vote === 'granted') this.#free[index] = true
    })
  }

  #untilFreeByExpiry(tally: Tally): number {
    // A key has expired only after its last millisecond.
    return this.#quorum.qthSmallest(tally.replies.map(untilFree)) + 1
  }

  /**
   * Several waiters that each won some nodes have all rolled back, and are woken in order. When that does not help, their
   * queues disagree (wrong clocks), so some of them move to the back until an order emerges.
   */
  async #yieldAfterSplits(tally: Tally, now: number): Promise<void> {
    this.#noteSplit(tally)
    if (this.#splits < SPLITS_TOLERATED || this.#ended) return
    const { random } = this.#quorum
    if (random.fraction() < 0.5) this.#place.stepBack()
    const longest = Math.min(LONGEST_SPLIT_PAUSE, 2 ** this.#splits)
    await this.#sleepUntil(now + 1 + random.fraction() * longest)
  }

  /** A round is often lost before the grants of other nodes arrive, so it is judged once they have had time to. */
  #noteSplit(tally: Tally): void {
    const open = this.#unjudged
    this.#unjudged = undefined
    if (open !== undefined) this.#splits = isSplit(open) ? this.#splits + 1 : 0
    if (isSplit(tally)) this.#splits++
    else if (tally.outstanding > 0) this.#unjudged = tally
    else this.#splits = 0
  }

  #grace(): number {
    let slowest = 0
    for (const { roundTrip } of this.#quorum.members) slowest = Math.max(slowest, roundTrip ?? 0)
    return WAKE_UP_GRACE + 2 * slowest
  }
}

function isSplit(tally: Tally): boolean {
  return tally.granted > 0 && tally.refusals('held') + tally.refusals('queued') > 0
}

/** A node that granted the lock is free at once, because the grant has been rolled back. */
function untilFree(reply: NodeReply | undefined): number {
  if (reply?.vote === 'granted') return 0
  if (reply?.vote !== 'refused') return Infinity
  const { reason, remaining = Infinity } = reply
  return reason === 'quarantined' ? Math.min(ADMISSION_SOON, Math.max(ADMISSION, remaining)) : remaining
}
