import type { NodeCommand, NodeReply } from '@quorumlock/core'
import type { SimulatedLink } from './simulated-link.js'
import type { Server } from './server.js'

interface Round {
  granted: number
  turnedAway: number
}

/** Which rare paths a run has taken, derived from commands and replies, without any support by the core. */
export class Marks {
  readonly reached: Set<string> = new Set()
  readonly #rounds = new Map<string, Round>()
  #sawSplit = false
  /** Values that have been rolled back. A grant after that is late. */
  readonly #released = new Map<SimulatedLink, Set<string>>()
  /** Values with which each node was asked for a lock. */
  readonly #asked = new Map<SimulatedLink, Set<string>>()
  readonly #reasons = new Map<string, Set<string>>()
  readonly #logged = new Set<string>()
  readonly #handed = new Map<string, Set<Server>>()

  readonly #quorum: number

  constructor(quorum: number) {
    this.#quorum = quorum
  }

  reach(mark: string): void {
    this.reached.add(mark)
  }

  /** A message that the library logged, regardless of the node. */
  logged(message: string): void {
    if (this.#logged.has(message)) return
    this.#logged.add(message)
    this.reach(`log: ${message.replace(/^n\d+ /, '')}`)
  }

  sent(link: SimulatedLink, command: NodeCommand): void {
    switch (command.kind) {
      case 'acquire':
        if (typeof command.queue === 'object' && command.queue.age >= 900)
          this.reach('heartbeat renewed a place')
        if (command.keys.length > 1) this.reach('several resources at once')
        valuesAt(this.#asked, link).add(command.value)
        return
      case 'release':
        if (command.requeue !== undefined) this.reach('partial grant released, place kept')
        this.#noteRelease(link, command.value)
        return
      case 'repair':
        this.reach('repair')
        if (this.#asked.get(link)?.has(command.value) !== true)
          this.reach('lock given to a node that was not asked')
        return
      case 'greet':
        if (command.marker === undefined) this.reach('silent node probed')
        return
      case 'mark':
        this.reach(`marker: ${command.mode}`)
        return
      case 'list':
      case 'restore':
      case 'tidy':
        this.reach(`${command.kind} sent`)
        return
      case 'extend':
      case 'force':
      case 'inspect':
        return
    }
  }

  /** A node handed the lock over to a waiter. */
  handed(server: Server, waiterId: string): void {
    this.reach('lock handed over')
    const nodes = this.#handed.get(waiterId) ?? new Set()
    this.#handed.set(waiterId, nodes.add(server))
    if (nodes.size === this.#quorum) this.reach('lock handed over by a quorum')
  }

  answered(link: SimulatedLink, command: NodeCommand, reply: NodeReply): void {
    if (reply.vote === 'refused') this.#noteRefusal(command.kind, reply.reason)
    else if (reply.vote !== 'granted') this.reach(`${command.kind} ${reply.vote}`)
    else if (command.kind === 'repair') this.reach('repair done')
    else if (command.kind === 'restore' && command.copies.length > 0) this.reach('copies given back')
    else if (command.kind === 'mark' && command.mode === 'restored') this.reach('node restored')
    if (command.kind === 'acquire') this.#noteVote(link, command.value, reply)
    if (command.kind === 'release' && reply.vote === 'refused' && command.value.includes('#')) {
      this.reach('place given up')
    }
  }

  /** Text is built only for what has not been seen before, because refusals are the most frequent replies. */
  #noteRefusal(kind: NodeCommand['kind'], reason: string): void {
    let kinds = this.#reasons.get(reason)
    if (kinds === undefined) this.#reasons.set(reason, (kinds = new Set()))
    if (kinds.has(kind)) return
    kinds.add(kind)
    this.reach(`${kind} refused: ${reason}`)
  }

  #noteRelease(link: SimulatedLink, value: string): void {
    const released = valuesAt(this.#released, link)
    const before = released.size
    if (released.add(value).size === before) this.reach('release sent again')
  }

  #noteVote(link: SimulatedLink, value: string, reply: NodeReply): void {
    const isTurnedAway = reply.vote === 'refused' && (reply.reason === 'held' || reply.reason === 'queued')
    if (reply.vote === 'granted' && this.#released.get(link)?.has(value) === true) {
      this.reach('grant came after its rollback')
    }
    if (this.#sawSplit || (reply.vote !== 'granted' && !isTurnedAway)) return
    let round = this.#rounds.get(value)
    if (round === undefined) this.#rounds.set(value, (round = { granted: 0, turnedAway: 0 }))
    if (isTurnedAway) round.turnedAway++
    else round.granted++
    if (round.granted === 0 || round.turnedAway === 0) return
    // Once is enough, so rounds are no longer counted.
    this.#sawSplit = true
    this.#rounds.clear()
    this.reach('split vote')
  }
}

function valuesAt(all: Map<SimulatedLink, Set<string>>, link: SimulatedLink): Set<string> {
  let values = all.get(link)
  if (values === undefined) all.set(link, (values = new Set()))
  return values
}
