import type { Appointment } from './agenda.js'
import { shownResources } from './check.js'
import { ClockWatch, type ClockWatcher } from './clock-watch.js'
import { LockLostError, type LossReason } from './errors.js'
import type { Lease, ReleaseOutcome } from './lease.js'
import { extend, PAUSE_BETWEEN_TRIES, type ExtendOutcome } from './operations/extend.js'
import { release, releaseEverywhere } from './operations/release.js'
import { topUp } from './operations/repair.js'
import type { Logger } from './options.js'
import type { Member } from './quorum/member.js'
import type { Quorum } from './quorum/quorum.js'
import { SPARED } from './quorum/round.js'
import { driftOf } from './quorum/validity.js'
import type { ResolvedDeadlockDetection } from './resolve-options.js'
import { extendChannel, releaseChannel } from './telemetry/channels.js'
import { publishDetached, publishLost } from './telemetry/events.js'
import { warnOfLongHold } from './telemetry/long-holds.js'
import { traceExtend, traceRelease } from './telemetry/traced.js'
import type { Waits } from './wait/waits.js'

/** Renewals that are due within this many milliseconds of each other travel together. */
const COARSEST_GRID = 50
/** When a lock goes to the nodes that were spared: after a share of its TTL; with `spread: 'soon'` at most these milliseconds. */
const SPREAD_SHARE = 1 / 6
const SOON = 5
/** A jump of a node's clock that is reported even when nothing is held, milliseconds. */
const NOTABLE_STEP = 500

export interface HoldsContext {
  readonly quorum: Quorum
  readonly waits: Waits
  readonly deadlockDetection: ResolvedDeadlockDetection | false
  readonly logger: Logger
  /** Asks the nodes whether they have kept their data. */
  readonly examineNodes: () => void
}

/** A lease in the charge of its client. */
interface Hold {
  readonly lease: Lease
  /** Monotonic time at which the next renewal is due; `Infinity` for a lock that is not renewed. */
  renewAt: number
  /** Monotonic time at which it goes to the nodes that were spared; `Infinity` if none was. */
  spreadAt: number
  next: Appointment | undefined
  /** Keeps the handle alive up to the first renewal; from then on the client only checks whether it still exists. */
  handle: object | WeakRef<object> | undefined
}

/** All leases of a client: extended, released, and lost in time. Nothing else extends or releases a lock. */
export class Holds implements ClockWatcher {
  readonly #context: HoldsContext
  readonly #quorum: Quorum
  readonly #holds = new Map<Lease, Hold>()
  /** Being released: `close()` waits for these too. */
  readonly #releasing = new Set<Lease>()
  readonly #handles: FinalizationRegistry<Lease>
  readonly #clockWatch: ClockWatch

  constructor(context: HoldsContext) {
    this.#context = context
    this.#quorum = context.quorum
    this.#clockWatch = new ClockWatch(context.quorum, this)
    this.#handles = new FinalizationRegistry((lease) => {
      this.abandon(lease)
    })
  }

  get size(): number {
    return this.#holds.size
  }

  get all(): Lease[] {
    return [...this.#holds.keys()]
  }

  /** By how much clocks may be wrong before the shortest lease is affected: a larger step may have cost it a vote. */
  get clockMargin(): number {
    let margin = NOTABLE_STEP
    for (const lease of this.#holds.keys()) margin = Math.min(margin, allowanceOf(lease))
    return margin
  }

  /** Takes charge of a lease: from now on it is renewed, and its loss is noticed without help from any node. */
  adopt(lease: Lease, handle: object): void {
    const renews = lease.request.options.autoExtend
    const hold: Hold = {
      lease,
      renewAt: renews ? this.#firstRenewal(lease) : Infinity,
      spreadAt: this.#spreadOf(lease),
      next: undefined,
      handle: renews ? handle : undefined,
    }
    this.#holds.set(lease, hold)
    if (!renews) this.#clockWatch.watchNodes(lease.ttl)
    this.#arm(hold)
    this.#clockWatch.start()
    if (lease.isProvisional) void this.#confirm(lease)
    // Some nodes may have become able to vote while the others were asked.
    else if (lease.tally.granted < this.#quorum.members.length) this.#topUpEverywhere(hold)
  }

  /** The node may vote from now on, so it also gets what is held. */
  topUp(member: Member): void {
    for (const hold of this.#holds.values()) this.#topUp(hold, member)
  }

  /** To the nodes that were spared, which may be too late once another process continues with the lock. Idempotent. */
  spread(lease: Lease): void {
    const hold = this.#holds.get(lease)
    if (hold === undefined || hold.spreadAt === Infinity) return
    hold.spreadAt = Infinity
    this.#topUpEverywhere(hold)
  }

  #topUpEverywhere(hold: Hold): void {
    for (const member of this.#quorum.members) this.#topUp(hold, member)
  }

  /** Nodes that were spared are left alone for a while. */
  #topUp({ lease, spreadAt }: Hold, member: Member): void {
    if (spreadAt === Infinity || lease.tally.replies[member.index] !== SPARED)
      topUp(this.#quorum, lease, member)
  }

  /** Asks the nodes once for `ttl` milliseconds from now. */
  async extend(lease: Lease, ttl: number, purpose: 'awaited' | 'background'): Promise<ExtendOutcome> {
    const ask = (): Promise<ExtendOutcome> => extend(this.#quorum, lease, ttl, purpose)
    const outcome = await (extendChannel.hasSubscribers
      ? traceExtend(this.#quorum.clock, lease, { ttl, by: purpose === 'awaited' ? 'caller' : 'renewal' }, ask)
      : ask())
    if (outcome === 'renewed') this.#reschedule(lease)
    return outcome
  }

  /** With a `loss` the holder did not ask for the release, and is notified. Idempotent. */
  release(lease: Lease, loss?: LockLostError): Promise<ReleaseOutcome> {
    return lease.releaseOnce(() => {
      const work = (): Promise<ReleaseOutcome> => this.#release(lease, loss)
      return releaseChannel.hasSubscribers ? traceRelease(this.#quorum.clock, lease, work) : work()
    })
  }

  /** Resolves when every release that is in flight now has ended. */
  async released(): Promise<void> {
    await Promise.all([...this.#releasing].flatMap(({ releasing }) => releasing ?? []))
  }

  async #release(lease: Lease, loss: LockLostError | undefined): Promise<ReleaseOutcome> {
    const wasValid = lease.remaining(this.#quorum.now()) > 0
    this.#end(lease, 'released', loss)
    this.#releasing.add(lease)
    const outcome = await release(this.#quorum, lease, wasValid)
    this.#releasing.delete(lease)
    return outcome
  }

  /** Leaves a lock to expire. */
  detach(lease: Lease): void {
    if (lease.detached) return
    this.spread(lease)
    lease.detach()
    const hold = this.#holds.get(lease)
    if (hold === undefined) return
    hold.renewAt = Infinity
    this.#arm(hold)
    publishDetached(lease, this.#quorum.now())
  }

  lose(lease: Lease, reason: LossReason): void {
    if (lease.state !== 'held') return
    const { resources } = lease.request
    const explained = lease.bearer !== undefined && reason === 'gone' ? RESUMED : EXPLAINED[reason]
    const loss = new LockLostError(reason, `${shownResources(resources)} was lost: ${explained}`, {
      resources,
      votes: lease.tally.votes(),
    })
    this.#end(lease, 'lost', loss)
    // Left to expire on purpose, so this is no loss to report, unless an operator took the lock away.
    if (lease.detached && reason !== 'forced') return
    this.#context.logger.error({ resources, reason }, 'lock was lost')
    publishLost(lease, this.#quorum.now(), reason, loss)
    // What is left of it would block other clients for nothing; but another process may have resumed a detached lock.
    if (!lease.detached) releaseEverywhere(this.#quorum, lease)
  }

  /** The handle is gone without a release, so nothing can use the lock any more, and nothing could stop it. */
  abandon(lease: Lease): void {
    const hold = this.#holds.get(lease)
    if (hold === undefined) return
    lease.abandon()
    hold.renewAt = Infinity
    this.#arm(hold)
    const { resources } = lease.request
    this.#context.logger.warn(
      { resources },
      'lock was not released before its handle was garbage-collected; it will expire',
    )
  }

  /**
   * A node's clock was stepped forward: what it granted may have expired there, so its vote is void until it confirms.
   */
  voidVoteOf(member: Member, step: number): void {
    for (const hold of this.#holds.values()) {
      const { lease } = hold
      if (step <= allowanceOf(lease)) continue
      lease.tally.put(member.index, { vote: 'unknown', reason: 'its clock was stepped' }, 0)
      if (hold.renewAt !== Infinity) {
        hold.renewAt = this.#quorum.clock.monotonic()
        this.#arm(hold)
      } else if (!lease.tally.isWon) this.lose(lease, 'gone')
    }
  }

  /** For the clock watch. */
  checkAll(): void {
    const { deadlockDetection, logger } = this.#context
    const now = this.#quorum.now()
    for (const lease of this.#holds.keys()) {
      if (lease.remaining(now) <= 0) this.lose(lease, lease.reasonOfEnd)
      else if (deadlockDetection !== false) warnOfLongHold(deadlockDetection, logger, lease, now.monotonic)
    }
  }

  /** For the clock watch. */
  examineNodes(): void {
    this.#context.examineNodes()
  }

  /** For the clock watch. */
  *unrenewed(): Iterable<number> {
    for (const { lease, renewAt } of this.#holds.values()) if (renewAt === Infinity) yield lease.ttl
  }

  close(): void {
    this.#clockWatch.stop()
    for (const { next } of this.#holds.values()) next?.cancel()
    this.#holds.clear()
  }

  /** The lease is over, and the client is no longer in charge of it. */
  #end(lease: Lease, state: 'released' | 'lost', loss: LockLostError | undefined): void {
    const hold = this.#holds.get(lease)
    hold?.next?.cancel()
    // Before the listeners of the signal run, which may detach or release the lock.
    this.#holds.delete(lease)
    lease.end(state, loss)
    if (hold?.handle instanceof WeakRef) this.#handles.unregister(lease)
    if (this.#holds.size === 0) this.#clockWatch.stop()
  }

  /** Makes one appointment for whatever comes next in the life of a lease. */
  #arm(hold: Hold): void {
    hold.next?.cancel()
    const due = Math.min(hold.lease.deadline, hold.renewAt, hold.spreadAt)
    hold.next = this.#quorum.agenda.at(due, 'background', this.#onDue, hold)
  }

  readonly #onDue = (hold: Hold): void => {
    const { lease } = hold
    if (lease.state !== 'held') return
    const now = this.#quorum.now()
    if (lease.remaining(now) <= 0) {
      this.lose(lease, lease.reasonOfEnd)
      return
    }
    if (hold.spreadAt <= now.monotonic) this.spread(lease)
    if (hold.renewAt > now.monotonic) {
      this.#arm(hold)
      return
    }
    this.#holdHandleWeakly(hold)
    // On an absolute schedule, so that a late timer does not shift those that follow.
    const interval = lease.ttl / 3
    hold.renewAt = Math.max(hold.renewAt + interval, now.monotonic + interval / 2)
    this.#arm(hold)
    void this.#renew(hold)
  }

  async #renew(hold: Hold): Promise<void> {
    const { lease } = hold
    if (lease.extending !== undefined) return
    const outcome = await this.extend(lease, lease.ttl, 'background')
    if (lease.state !== 'held') return
    if (outcome === 'lost') this.lose(lease, 'gone')
    // A lock that was detached or abandoned in the meantime must not be renewed again.
    else if (outcome === 'inconclusive' && hold.renewAt !== Infinity) {
      // Not a loss: it is tried again until the deadline, at most this often.
      const soon = this.#quorum.clock.monotonic() + Math.max(10, lease.ttl / 12)
      hold.renewAt = Math.min(hold.renewAt, soon)
      this.#arm(hold)
    }
  }

  /** What the nodes handed over for a while is extended until it lasts for the TTL that was asked for. */
  async #confirm(lease: Lease): Promise<void> {
    // One after another: the holder's own extension serves as well, and one to another TTL must be the last one.
    while (lease.extending !== undefined) await lease.extending
    if (!lease.isProvisional || lease.state !== 'held') return
    const outcome = await this.extend(lease, lease.ttl, 'background')
    if (outcome === 'lost') this.lose(lease, 'gone')
    else if (outcome === 'inconclusive' && !this.#context.waits.closed) {
      this.#quorum.agenda.at(this.#quorum.clock.monotonic() + PAUSE_BETWEEN_TRIES, 'background', () => {
        void this.#confirm(lease)
      })
    }
  }

  /** After an extension: a shorter TTL must be renewed sooner. */
  #reschedule(lease: Lease): void {
    const hold = this.#holds.get(lease)
    if (hold === undefined) return
    if (hold.renewAt !== Infinity) {
      hold.renewAt = Math.min(hold.renewAt, lease.since.monotonic + lease.ttl / 3)
    }
    this.#arm(hold)
  }

  #spreadOf({ tally, request, grantedAt }: Lease): number {
    if (!tally.replies.includes(SPARED)) return Infinity
    const { spread, ttl } = request.options
    const latest = ttl * SPREAD_SHARE
    return grantedAt.monotonic + (spread === 'soon' ? Math.min(SOON, latest) : latest)
  }

  #firstRenewal(lease: Lease): number {
    const { monotonic } = lease.grantedAt
    const due = monotonic + lease.ttl / 3
    const grid = Math.max(1, Math.min(COARSEST_GRID, lease.ttl / 60))
    return Math.max(monotonic + 1, Math.floor(due / grid) * grid)
  }

  /** A lock that lives until its first renewal is watched for being forgotten; one released sooner costs nothing. */
  #holdHandleWeakly(hold: Hold): void {
    const { handle, lease } = hold
    if (handle === undefined || handle instanceof WeakRef) return
    this.#handles.register(handle, lease, lease)
    hold.handle = new WeakRef(handle)
  }
}

/** For a lock that was serialized. */
const RESUMED = 'another process has resumed it, or a majority of nodes no longer store it'

const EXPLAINED: Readonly<Record<LossReason, string>> = {
  expired: 'it expired before a majority of nodes confirmed a renewal',
  gone: 'a majority of nodes no longer store it',
  maxHold: 'it was held for as long as `maxHold` allows',
  abandoned: 'its handle was garbage-collected',
  forced: 'it was released by force',
}

function allowanceOf({ ttl, request }: Lease): number {
  return driftOf(ttl, request.options.driftFactor)
}
