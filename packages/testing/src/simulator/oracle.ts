import type { NodeReply } from '@quorumlock/core'
import type { Chronicle } from './chronicle.js'
import type { Holding } from './holding.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'
import type { Violation, ViolationKind } from './violation.js'

/** Knows true time and all processes, and judges every grant, use and step. Keeps the first violation. */
export class Oracle {
  violation: Violation | undefined
  /** Set if the history is wanted. */
  chronicle: Chronicle | undefined
  readonly holdings: Holding[] = []
  /** Actions of `once`, each with the true time until which it must not be repeated. */
  readonly done: Map<string, number> = new Map<string, number>()
  readonly #timeline: Timeline
  readonly #open = new Map<string, Holding[]>()
  readonly #contested = new Set<string>()
  readonly #highest = new Map<string, bigint>()
  readonly #tokens = new Map<string, Map<bigint, object>>()
  readonly #forcedAt = new Map<string, number>()
  readonly #byValue = new Map<string, Holding[]>()

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  report(kind: ViolationKind, what: string): void {
    this.violation ??= { kind, what, at: this.#timeline.now }
  }

  /** The highest token handed out so far for any of the resources: a later request must get a higher one. */
  highestToken(resources: readonly string[]): bigint {
    let highest = 0n
    for (const resource of resources) {
      const token = this.#highest.get(resource) ?? 0n
      if (token > highest) highest = token
    }
    return highest
  }

  granted(holding: Holding, tokenFloor: bigint): void {
    const { lock, client } = holding
    this.#note(holding)
    this.chronicle?.granted(holding)
    if (!client.isPaused && lock.remaining() <= 0) {
      this.report(
        'exclusion',
        `${client.name} was handed a lock on ${holding.resources.join()} that had expired`,
      )
    }
    for (const resource of holding.resources) {
      const open = this.#open.get(resource) ?? []
      this.#open.set(resource, open)
      open.push(holding)
      if (open.length > 1) this.#contested.add(resource)
      this.#judgeToken(holding, resource, tokenFloor)
    }
    this.step()
  }

  /** Taken over by another handle: the same owner, the same token. */
  resumed(holding: Holding): void {
    this.#note(holding)
    for (const resource of holding.resources) {
      const open = this.#open.get(resource) ?? []
      this.#open.set(resource, open)
      open.push(holding)
      if (open.length > 1) this.#contested.add(resource)
    }
    this.step()
  }

  /** The holder is done with the lock. */
  ended(holding: Holding): void {
    this.chronicle?.ended(holding)
    this.#release(holding)
    for (const resource of holding.resources) {
      const open = this.#open.get(resource) ?? []
      const index = open.indexOf(holding)
      if (index >= 0) open.splice(index, 1)
      if (open.length < 2) this.#contested.delete(resource)
    }
  }

  /**
   * A node deleted the key of a lock. While the lock is held, by whichever handle, only its holder may cause that. A
   * giver may do so on nodes that do not know its heir yet, unless the deletion `isDecisive` for the heir.
   */
  released(server: Server, value: string, reply: NodeReply, isDecisive: () => boolean): void {
    if (reply.vote !== 'granted') return
    for (const { client, lock, resources, isHeir } of this.#byValue.get(value) ?? []) {
      if (!lock.held || (isHeir === true && !isDecisive())) continue
      this.report(
        'handle',
        `${server.name} released ${resources.join()} (${value}), which ${client.name} still holds for ${lock.remaining().toFixed(1)} ms`,
      )
    }
  }

  /** An operator released the resource. Its holder, and attempts in flight, have no claim to it any more. */
  forced(resource: string): void {
    this.#forcedAt.set(resource, this.#timeline.now)
  }

  /** The holding that has lasted without interruption since that time, if any. */
  heldSince(resource: string, since: number): Holding | undefined {
    const forcedAt = this.#forcedAt.get(resource) ?? -1
    return this.#open
      .get(resource)
      ?.find(({ granted, lock }) => granted < since && granted > forcedAt && lock.held)
  }

  /** The holder acts on the protected resource, whether or not it still holds the lock. */
  used(holding: Holding): void {
    if (holding.lock.held) return
    for (const resource of holding.resources) {
      for (const other of this.#open.get(resource) ?? []) {
        if (other.owner === holding.owner || !other.lock.held) continue
        this.report(
          'exclusion',
          `${holding.client.name} acted on ${resource} after its lock had expired, while ${other.client.name} holds it`,
        )
      }
    }
  }

  /** After every turn: no two owners may believe that they hold the same resource at the same true time. */
  step(): void {
    if (this.#contested.size === 0) return
    for (const resource of this.#contested) {
      const forcedAt = this.#forcedAt.get(resource) ?? -1
      let first: Holding | undefined
      let second: Holding | undefined
      for (const holding of this.#open.get(resource) ?? []) {
        if (holding.invoked <= forcedAt || !holding.lock.held) continue
        if (first === undefined) first = holding
        else if (holding.owner !== first.owner) {
          second = holding
          break
        }
      }
      if (first === undefined || second === undefined) continue
      this.report(
        'exclusion',
        `${first.client.name} (${first.lock.value}, ${first.lock.remaining().toFixed(1)} ms left) and ${second.client.name} (${second.lock.value}, ${second.lock.remaining().toFixed(1)} ms left) hold ${resource}`,
      )
    }
  }

  #note(holding: Holding): void {
    this.holdings.push(holding)
    const { value } = holding.lock
    const others = this.#byValue.get(value)
    if (others === undefined) this.#byValue.set(value, [holding])
    else others.push(holding)
  }

  #release(holding: Holding): void {
    const { value } = holding.lock
    const holders = this.#byValue.get(value)
    const index = holders?.indexOf(holding) ?? -1
    if (index < 0) return
    holders?.splice(index, 1)
    if (holders?.length === 0) this.#byValue.delete(value)
  }

  #judgeToken({ lock, client, owner: self }: Holding, resource: string, floor: bigint): void {
    const { token } = lock
    if (token === undefined) return
    if (token <= floor) {
      this.report(
        'tokens',
        `${client.name} got token ${token} for ${resource}, but ${floor} was granted before its request`,
      )
    }
    const owners = this.#tokens.get(resource) ?? new Map<bigint, object>()
    this.#tokens.set(resource, owners)
    const owner = owners.get(token)
    if (owner !== undefined && owner !== self)
      this.report('tokens', `token ${token} of ${resource} was granted twice`)
    owners.set(token, self)
    if (token > (this.#highest.get(resource) ?? 0n)) this.#highest.set(resource, token)
  }
}
