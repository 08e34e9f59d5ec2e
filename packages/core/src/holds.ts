import type { Appointment } from './agenda.js'
import { shownResources } from './check.js'
import { LockLostError, type LossReason } from './errors.js'
import type { Lease, ReleaseOutcome } from './lease.js'
import { extend, PAUSE_BETWEEN_TRIES, type ExtendOutcome } from './operations/extend.js'
import { freeEverywhere, release } from './operations/release.js'
import { topUp } from './operations/repair.js'
import type { Logger } from './options.js'
import type { ResolvedDeadlockDetection } from './resolve-options.js'
import type { Member } from './quorum/member.js'
import type { Quorum } from './quorum/quorum.js'
import { driftOf } from './quorum/validity.js'
import { extendChannel, releaseChannel } from './telemetry/channels.js'
import { tellDetached, tellLost } from './telemetry/events.js'
import { warnOfLongHold } from './telemetry/long-holds.js'
import { traceExtend, traceRelease } from './telemetry/traced.js'
import type { Waits } from './wait/waits.js'

/** Renewals that fall due within so many milliseconds of each other travel together. */
const COARSEST_GRID = 50
/** How often the wall clock is compared with the monotonic one while anything is held, milliseconds. */
const CLOCK_WATCH = 1_000
/** How often the clocks of the nodes are looked at within the TTL of a lock that is not renewed. */
const LOOKS_PER_TTL = 6
const SHORTEST_LOOK = 50
/** A jump of a node's clock that is told even when nothing is held, milliseconds. */
const NOTABLE_STEP = 500

export interface HoldsContext {
  readonly quorum: Quorum
  readonly waits: Waits
  readonly deadlockDetection: ResolvedDeadlockDetection | false
  readonly logger: Logger
}

/** All leases of a client: extended, released, lost in time. Nothing else extends or releases a lock. */
export class Holds {
  readonly #context: HoldsContext
  readonly #quorum: Quorum
  readonly #leases = new Set<Lease>()
  /** Being released: `close()` waits for them too. */
  readonly #releasing = new Set<Lease>()
  readonly #abandoned: FinalizationRegistry<Lease>
  #clockWatch: Appointment | undefined
  #nodeWatch: Appointment | undefined
  #nodeWatchDue = Infinity

  constructor(context: HoldsContext) {
    this.#context = context
    this.#quorum = context.quorum
    this.#abandoned = new FinalizationRegistry((lease) => {
      this.abandon(lease)
    })
  }

  get size(): number {
    return this.#leases.size
  }

  /** What the validity of the shortest lease leaves for clocks to be wrong: a larger step may have cost it a vote. */
  get clockMargin(): number {
    let margin = NOTABLE_STEP
    for (const lease of this.#leases) margin = Math.min(margin, allowanceOf(lease))
    return margin
  }

  get all(): Lease[] {
    return [...this.#leases]
  }

  /** Takes charge of a lease: from now on it is renewed, and its loss is noticed without help from any node. */
  adopt(lease: Lease, handle: object): void {
    this.#leases.add(lease)
    if (lease.claim.options.autoExtend) {
      lease.handle = handle
      lease.renewAt = this.#firstRenewal(lease)
    } else this.#watchNodes(lease)
    this.#arm(lease)
    this.#clockWatch ??= this.#watchClocks()
    if (lease.isProvisional) void this.#confirm(lease)
    else if (lease.tally.granted < this.#quorum.members.length) this.#topUpEverywhere(lease)
  }

  /** A node may vote from now on: what is held is given to it too. */
  topUp(member: Member): void {
    for (const lease of this.#leases) topUp(lease, member)
  }

  /** Some may have become able to vote while the others were asked. */
  #topUpEverywhere(lease: Lease): void {
    for (const member of this.#quorum.members) topUp(lease, member)
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

  /** Gives the lock back. With a `loss` its holder did not ask for it, and is told. Idempotent. */
  release(lease: Lease, loss?: LockLostError): Promise<ReleaseOutcome> {
    lease.releasing ??= releaseChannel.hasSubscribers
      ? traceRelease(this.#quorum.clock, lease, () => this.#free(lease, loss))
      : this.#free(lease, loss)
    return lease.releasing
  }

  /** Resolves when what is being released now has been. */
  async released(): Promise<void> {
    await Promise.all([...this.#releasing].flatMap(({ releasing }) => releasing ?? []))
  }

  async #free(lease: Lease, loss: LockLostError | undefined): Promise<ReleaseOutcome> {
    const wasValid = lease.remaining(this.#quorum.now()) > 0
    lease.end('released', loss)
    this.#drop(lease)
    this.#releasing.add(lease)
    const outcome = await release(this.#quorum, lease, wasValid)
    this.#releasing.delete(lease)
    return outcome
  }

  /** Leaves a lock to expire by itself. */
  detach(lease: Lease): void {
    if (lease.detached) return
    lease.detached = true
    lease.renewAt = Infinity
    if (lease.state !== 'held') return
    this.#arm(lease)
    tellDetached(lease, this.#quorum.now())
  }

  /** After an extension: a shorter TTL has to be renewed sooner. */
  #reschedule(lease: Lease): void {
    if (!this.#leases.has(lease)) return
    if (lease.renewAt !== Infinity) {
      lease.renewAt = Math.min(lease.renewAt, lease.since.monotonic + lease.ttl / 3)
    }
    this.#arm(lease)
  }

  /** Forgets a lease whose life has ended. */
  #drop(lease: Lease): void {
    this.#leases.delete(lease)
    if (lease.isWatched) this.#abandoned.unregister(lease)
    if (this.#leases.size > 0) return
    this.#stopWatching()
  }

  close(): void {
    this.#stopWatching()
    for (const lease of this.#leases) lease.next?.cancel()
    this.#leases.clear()
  }

  lose(lease: Lease, reason: LossReason): void {
    if (lease.state !== 'held') return
    const { resources } = lease.claim
    const explained = lease.bearer !== undefined && reason === 'gone' ? RESUMED : EXPLAINED[reason]
    const loss = new LockLostError(reason, `${shownResources(resources)} was lost: ${explained}`, {
      resources,
      votes: lease.tally.votes(),
    })
    lease.end('lost', loss)
    this.#drop(lease)
    // Left to expire on purpose: no loss to speak of, unless an operator took it away.
    if (lease.detached && reason !== 'forced') return
    this.#context.logger.error({ resources, reason }, 'a lock was lost')
    tellLost(lease, this.#quorum.now(), reason, loss)
    // What is left of it would block others for nothing; but another process may have gone on with a detached one.
    if (!lease.detached) freeEverywhere(this.#quorum, lease)
  }

  /** The handle is gone without a release: nobody can need the lock any more, or nobody could stop it. */
  abandon(lease: Lease): void {
    if (lease.state !== 'held') return
    lease.abandoned = true
    lease.renewAt = Infinity
    this.#arm(lease)
    const { resources } = lease.claim
    this.#context.logger.warn(
      { resources },
      'a lock was not released before its handle was garbage-collected; it expires by itself',
    )
  }

  /** Makes one appointment for whatever comes next in the life of a lease. */
  #arm(lease: Lease): void {
    lease.next?.cancel()
    lease.next = this.#quorum.agenda.at(Math.min(lease.deadline, lease.renewAt), 'background', () => {
      this.#attend(lease)
    })
  }

  /** A node's clock was stepped forward: what it granted before may be gone, so its vote is void until it is heard again. */
  doubt(member: Member, step: number): void {
    for (const lease of this.#leases) {
      if (step <= allowanceOf(lease)) continue
      lease.tally.put(member.index, { vote: 'unknown', reason: 'its clock was stepped' }, 0)
      if (lease.renewAt !== Infinity) {
        lease.renewAt = this.#quorum.clock.monotonic()
        this.#arm(lease)
      } else if (!lease.tally.isWon) this.lose(lease, 'gone')
    }
  }

  #attend(lease: Lease): void {
    if (lease.state !== 'held') return
    const now = this.#quorum.now()
    if (lease.remaining(now) <= 0) {
      this.lose(lease, lease.reasonOfEnd)
      return
    }
    if (lease.renewAt > now.monotonic) {
      this.#arm(lease)
      return
    }
    this.#weaken(lease)
    // Set on an absolute schedule: a late timer does not shift those that follow.
    const interval = lease.ttl / 3
    lease.renewAt = Math.max(lease.renewAt + interval, now.monotonic + interval / 2)
    this.#arm(lease)
    void this.#renew(lease)
  }

  /** What the nodes handed over for a while is extended until it lasts for as long as was asked for. */
  async #confirm(lease: Lease): Promise<void> {
    // One after another: the holder's own extension does as well, and to another TTL it has to be the last one.
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

  async #renew(lease: Lease): Promise<void> {
    if (lease.extending !== undefined) return
    const outcome = await this.extend(lease, lease.ttl, 'background')
    if (lease.state !== 'held') return
    if (outcome === 'lost') this.lose(lease, 'gone')
    // Detached or abandoned meanwhile: then it must not be taken up again.
    else if (outcome === 'inconclusive' && lease.renewAt !== Infinity) {
      // Not a loss: it is tried again until the deadline, so often at the most.
      const soon = this.#quorum.clock.monotonic() + Math.max(10, lease.ttl / 12)
      lease.renewAt = Math.min(lease.renewAt, soon)
      this.#arm(lease)
    }
  }

  /** A lock that lives for a renewal is watched for being forgotten; one that is released sooner costs nothing. */
  #weaken(lease: Lease): void {
    const { handle } = lease
    if (handle === undefined || handle instanceof WeakRef) return
    this.#abandoned.register(handle, lease, lease)
    lease.isWatched = true
    lease.handle = new WeakRef(handle)
  }

  #firstRenewal(lease: Lease): number {
    const { monotonic } = lease.grantedAt
    const due = monotonic + lease.ttl / 3
    const grid = Math.max(1, Math.min(COARSEST_GRID, lease.ttl / 60))
    return Math.max(monotonic + 1, Math.floor(due / grid) * grid)
  }

  /** Timers stop with the machine: after a suspend the wall clock knows better, so it is looked at regularly. */
  #watchClocks(): Appointment {
    const due = this.#quorum.clock.monotonic() + CLOCK_WATCH
    const { deadlockDetection, logger } = this.#context
    return this.#quorum.agenda.at(due, 'background', () => {
      const now = this.#quorum.now()
      for (const lease of this.#leases) {
        if (lease.remaining(now) <= 0) this.lose(lease, lease.reasonOfEnd)
        else if (deadlockDetection !== false) warnOfLongHold(deadlockDetection, logger, lease, now.monotonic)
      }
      this.#clockWatch = this.#leases.size > 0 ? this.#watchClocks() : undefined
    })
  }

  /** Renewals tell of the clocks of the nodes. For a lock that is not renewed they are asked in time to notice a step. */
  #watchNodes({ ttl }: Lease): void {
    const { agenda, members, clock } = this.#quorum
    const due = clock.monotonic() + Math.max(SHORTEST_LOOK, ttl / LOOKS_PER_TTL)
    if (this.#nodeWatchDue <= due) return
    this.#nodeWatch?.cancel()
    this.#nodeWatchDue = due
    this.#nodeWatch = agenda.at(due, 'background', () => {
      this.#nodeWatchDue = Infinity
      for (const member of members) member.greet(undefined, () => undefined)
      for (const lease of this.#leases) if (lease.renewAt === Infinity) this.#watchNodes(lease)
    })
  }

  #stopWatching(): void {
    this.#clockWatch?.cancel()
    this.#clockWatch = undefined
    this.#nodeWatch?.cancel()
    this.#nodeWatchDue = Infinity
  }
}

/** Of a lock that was serialized. */
const RESUMED = 'another process has resumed it, or a majority of the nodes no longer have it'

function allowanceOf({ ttl, claim }: Lease): number {
  return driftOf(ttl, claim.options.driftFactor)
}

const EXPLAINED: Readonly<Record<LossReason, string>> = {
  expired: 'its time ran out before a majority of the nodes confirmed an extension',
  gone: 'a majority of the nodes no longer have it',
  maxHold: 'it was held for as long as `maxHold` allows',
  abandoned: 'its handle was garbage-collected',
  forced: 'it was released by force',
}
