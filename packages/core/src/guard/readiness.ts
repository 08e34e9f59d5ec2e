import type { Appointment } from '../agenda.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'

/**
 * Once a quorum may vote, the others get this long to be checked, so that a first lock is stored there too,
 * milliseconds.
 */
const PATIENCE = 100

/**
 * Which members have been checked, and the calls that wait for that. A lock that is taken too early is stored on a bare
 * quorum, and a single try may be refused though most nodes would grant it.
 */
export class Readiness {
  readonly #quorum: Quorum
  /** Members that have not been checked, and until when (monotonic) calls wait for each of them. */
  readonly #unchecked = new Map<Member, number>()
  readonly #waiting = new Set<() => void>()
  #patience: Appointment | undefined
  /** Since a quorum could vote the others have had their time: calls no longer wait for those that connect later. */
  #isSettled = false

  constructor(quorum: Quorum) {
    this.#quorum = quorum
    for (const member of quorum.members) this.expect(member)
  }

  /** A round needs to wait for nothing. */
  get isOpen(): boolean {
    if (!this.#hasVoters) this.#isSettled = false
    else if (this.#isSettled) return true
    else if (this.isChecked) this.#isSettled = true
    return this.isChecked && this.#isQuorum(({ admission }) => admission.obstacle === undefined)
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Every member that can be reached has been checked. */
  get isChecked(): boolean {
    if (this.#unchecked.size === 0) return true
    for (const member of this.#unchecked.keys()) if (member.isReachable) return false
    return true
  }

  expect(member: Member): void {
    this.#unchecked.set(member, Infinity)
  }

  /** The member may vote, or it is known why not. */
  checked(member: Member): void {
    if (!this.#isExpectedSoon(member)) this.#unchecked.delete(member)
    if (this.#waiting.size === 0) return
    if (this.isChecked) this.resolveWaiting()
    else this.#watchPatience()
  }

  /** Resolves when every reachable member is checked, or nothing more can be found out within `limit` milliseconds. */
  wait(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        deadline.cancel()
        this.#waiting.delete(go)
        resolve()
      }
      const deadline = this.#after(limit, go)
      this.#waiting.add(go)
      this.#watchPatience()
    })
  }

  resolveWaiting(): void {
    this.#patience?.cancel()
    this.#patience = undefined
    for (const go of [...this.#waiting]) go()
  }

  /**
   * A node in quarantine has been checked and is no voter. An unresponsive node counts, because nothing can be found
   * out about it.
   */
  get #hasVoters(): boolean {
    return this.#isQuorum(({ mayVote, node }) => mayVote && node.connected)
  }

  /** Nodes of a new fleet are founded as soon as the last one has connected, and calls wait a moment for that. */
  #isExpectedSoon(member: Member): boolean {
    if (member.admission.state !== 'new') return false
    const { agenda, clock } = this.#quorum
    const now = clock.monotonic()
    const until = this.#unchecked.get(member)
    if (until !== Infinity) return until !== undefined && now < until
    this.#unchecked.set(member, now + PATIENCE)
    agenda.at(now + PATIENCE, 'background', () => {
      // A member that has connected again in the meantime is being asked again.
      if (this.#unchecked.get(member) === now + PATIENCE) this.checked(member)
    })
    return true
  }

  #isQuorum(holds: (member: Member) => boolean): boolean {
    const { members } = this.#quorum
    let count = 0
    for (const member of members) if (holds(member)) count++
    return this.#quorum.isQuorum(count)
  }

  #watchPatience(): void {
    if (this.#patience !== undefined || !this.#hasVoters) return
    this.#patience = this.#after(PATIENCE, () => {
      this.#isSettled = true
      this.resolveWaiting()
    })
  }

  #after(delay: number, task: () => void): Appointment {
    const { agenda, clock } = this.#quorum
    return agenda.at(clock.monotonic() + delay, 'awaited', task)
  }
}
