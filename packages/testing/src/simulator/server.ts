import type { Handed, NodeCommand, NodeReply, NodeState } from '@quorumlock/core'
import type { CoreModule } from './core-module.js'
import type { Exchange } from './exchange.js'
import type { Timeline } from './timeline.js'

/** Which data a server has after a restart. */
export type Survival = 'everything' | 'last-snapshot' | 'nothing'

export interface ServerObserver {
  /** A command was applied. `late`: over a connection that its client has abandoned. */
  executed(server: Server, command: NodeCommand, reply: NodeReply, late: boolean): void
  /** A wake-up was published; `heard` is false if no client was subscribed. */
  published(server: Server, waiterId: string, heard: boolean, handed: Handed | undefined): void
  lostData(server: Server): void
}

/** A connection as its server sees it. */
interface ServerConnection {
  /** Returns whether the client is subscribed to the channel. */
  publish(channel: string, waiterId: string, handed: Handed | undefined): boolean
  brokenByServer(): void
}

/** One simulated node: the pure state machine of the core with its own clock, and every fault that a server can have. */
export class Server {
  readonly name: string
  state: NodeState
  isUp = true
  isFrozen = false
  /** True time of the last fault. */
  troubledAt: number = -Infinity
  readonly connections: Set<ServerConnection> = new Set()
  readonly #core: CoreModule
  readonly #timeline: Timeline
  readonly #observer: ServerObserver
  readonly #rate: number
  readonly #inbox: Exchange[] = []
  readonly #wake = (waiterId: string, handed?: Handed): boolean => this.#publish(waiterId, handed)
  #wallOffset: number
  #isFull = false
  #runs = 0
  #snapshot: NodeState | undefined

  constructor(
    core: CoreModule,
    timeline: Timeline,
    readonly index: number,
    readonly isDurable: boolean,
    rate: number,
    wallOffset: number,
    observer: ServerObserver,
  ) {
    this.#core = core
    this.#timeline = timeline
    this.#observer = observer
    this.#rate = rate
    this.#wallOffset = wallOffset
    this.name = `n${index + 1}`
    this.state = this.#newState()
  }

  get accepts(): boolean {
    return this.isUp && !this.isFrozen
  }

  /** Rejects everything that would write a new key, as a server that is out of memory does. */
  get isFull(): boolean {
    return this.#isFull
  }

  set isFull(isFull: boolean) {
    this.#isFull = isFull
    this.#troubled()
  }

  /** Whole milliseconds of the server's wall clock. */
  now(): number {
    return Math.floor(this.#wallOffset + this.#timeline.now * this.#rate)
  }

  receive(exchange: Exchange): void {
    if (!this.isUp) return
    if (this.isFrozen) this.#inbox.push(exchange)
    else this.#apply(exchange)
  }

  crash(): void {
    this.#troubled()
    this.isUp = false
    this.isFrozen = false
    this.#inbox.length = 0
    for (const connection of [...this.connections]) connection.brokenByServer()
    this.connections.clear()
  }

  restart(survival: Survival): void {
    this.#troubled()
    const before = this.state
    this.state = this.#newState()
    const kept = survival === 'everything' ? before : survival === 'nothing' ? undefined : this.#snapshot
    if (kept !== undefined) copyInto(this.state, kept)
    if (survival !== 'everything') this.#observer.lostData(this)
    this.isUp = true
  }

  /** FLUSHALL: the process and its connections continue, the data is gone. */
  flush(): void {
    this.#troubled()
    const { run } = this.state
    this.state = this.#newState()
    this.state.run = run
    this.#observer.lostData(this)
  }

  freeze(): void {
    this.#troubled()
    this.isFrozen = true
  }

  thaw(): void {
    this.#troubled()
    this.isFrozen = false
    for (const exchange of this.#inbox.splice(0)) this.#apply(exchange)
  }

  stepClock(by: number): void {
    this.#troubled()
    this.#wallOffset += by
  }

  /** Writes the current state to disk. */
  snapshot(): void {
    const copy = this.#core.createNodeState('snapshot')
    copyInto(copy, this.state)
    this.#snapshot = copy
  }

  #troubled(): void {
    this.troubledAt = this.#timeline.now
  }

  #newState(): NodeState {
    const state = this.#core.createNodeState(`${this.name}-run${++this.#runs}`)
    state.durable = this.isDurable
    return state
  }

  #apply(exchange: Exchange): void {
    const { command } = exchange
    let reply: NodeReply
    if (this.isFull && ['acquire', 'repair', 'mark', 'restore'].includes(command.kind)) {
      reply = { vote: 'failed', reason: 'OOM command not allowed' }
    } else {
      reply = this.#core.execute(this.state, command, this.now(), this.#wake)
      this.#observer.executed(this, command, reply, exchange.isLate)
    }
    exchange.respond(reply)
  }

  #publish(waiterId: string, handed: Handed | undefined): boolean {
    const channel = this.#core.channelOf(waiterId)
    let heard = false
    for (const connection of this.connections) heard = connection.publish(channel, waiterId, handed) || heard
    this.#observer.published(this, waiterId, heard, handed)
    return heard
  }
}

/** Entries are replaced or changed in place by the state machine, so each is copied. */
function copyInto(target: NodeState, source: NodeState): void {
  for (const [key, lock] of source.locks) target.locks.set(key, { ...lock })
  for (const [key, queue] of source.queues)
    target.queues.set(
      key,
      queue.map((place) => ({ ...place })),
    )
  for (const [key, counter] of source.counters) target.counters.set(key, { ...counter })
  for (const [key, borne] of source.bearers) target.bearers.set(key, { ...borne })
  for (const [key, marker] of source.markers) target.markers.set(key, { ...marker })
}
