import type { ConnectionObserver, LockNode, NodeCommand, NodeReply, WakeObserver } from '@quorumlock/core'
import { Connection, type PipeName } from './connection.js'
import { Exchange } from './exchange.js'
import type { SeededRandom } from '../random/seeded-random.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

export interface LinkSurroundings {
  readonly timeline: Timeline
  readonly chance: SeededRandom
  readonly delay: () => number
  readonly process: Host
  readonly observer: LinkObserver
  readonly habits: Habits
}

/** How a process treats its connections. */
export interface Habits {
  /** Milliseconds after which it first connects; 0 is at once. */
  readonly dialsIn: () => number
  /** Connects to a node that is up but frozen, as the operating system accepts connections for it. */
  readonly dialsFrozen: boolean
  /** What happens to data in flight when a connection is closed: it arrives this many milliseconds later, or never. */
  readonly hangsUp: number | 'lost'
}

/** The process that a link belongs to. */
export interface Host {
  /** Returns whether the process can run a task now; if so, it is about to. */
  begins(): boolean
  /** Runs the task when the process can run again. */
  defer(kind: 'network', task: () => void): void
}

export interface LinkObserver {
  sent(link: SimulatedLink, command: NodeCommand): void
  answered(link: SimulatedLink, command: NodeCommand, reply: NodeReply): void
  connection(link: SimulatedLink, connected: boolean): void
  /** Data of an abandoned connection is still in flight to the server. */
  stray(link: SimulatedLink): void
}

/** Returns whether a wake-up is lost on its way to the client. */
export type LosesWakeUp = () => boolean

const FIRST_RECONNECT = 20
const LONGEST_RECONNECT = 1_000

/** The node that the engine of one process uses for one server, over a series of connections. */
export class SimulatedLink implements LockNode {
  readonly name: string
  connected = false
  losesWakeUp: LosesWakeUp = () => false
  readonly #around: LinkSurroundings
  readonly #watchers = new Set<ConnectionObserver>()
  readonly #subscriptions = new Map<string, Set<WakeObserver>>()
  readonly #stalled = new Set<PipeName>()
  #connection: Connection | undefined
  #pause = FIRST_RECONNECT
  #closed = false

  constructor(
    readonly client: string,
    readonly server: Server,
    around: LinkSurroundings,
  ) {
    this.name = server.name
    this.#around = around
  }

  send(command: NodeCommand, answer: (reply: NodeReply) => void): void {
    this.#around.observer.sent(this, command)
    const exchange = new Exchange(command, answer)
    if (this.#connection === undefined) {
      this.#around.timeline.after(0, () => {
        this.#enter(() => {
          this.#answer(exchange, { vote: 'failed', reason: 'not connected' })
        })
      })
    } else this.#connection.send(exchange)
  }

  watch(observer: ConnectionObserver): () => void {
    this.#watchers.add(observer)
    return () => {
      this.#watchers.delete(observer)
    }
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    const heard = this.#subscriptions.get(channel) ?? new Set()
    this.#subscriptions.set(channel, heard.add(observer))
    this.#resubscribe(channel)
    return () => {
      heard.delete(observer)
      if (heard.size > 0) return
      this.#subscriptions.delete(channel)
      this.#connection?.unsubscribe(channel)
    }
  }

  close(): void {
    this.#closed = true
    this.break(this.#around.habits.hangsUp)
  }

  /** Makes the first connection as soon as possible. */
  open(): void {
    const delay = this.#around.habits.dialsIn()
    if (delay === 0) this.#dial()
    else {
      this.#around.timeline.after(delay, () => {
        this.#enter(() => {
          if (!this.#closed) this.#dial()
        })
      })
    }
  }

  stall(direction: PipeName): void {
    this.#stalled.add(direction)
    this.#connection?.stall(direction)
  }

  heal(): void {
    for (const direction of this.#stalled) this.#connection?.heal(direction)
    this.#stalled.clear()
  }

  /** Breaks the connection. Unanswered commands may have been applied or not, or may still be after `lateness`. */
  break(lateness: number | 'lost'): void {
    const connection = this.#connection
    if (connection === undefined || connection.isAbandoned) return
    if (lateness !== 'lost' && connection.hasPending) this.#around.observer.stray(this)
    connection.abandon(lateness)
    this.#enter(() => {
      this.#disconnected(connection)
    })
  }

  #dial(): void {
    const { server } = this
    if (server.accepts || (server.isUp && this.#around.habits.dialsFrozen)) this.#establish()
    else this.#reconnectLater()
  }

  /** Runs a task of the process as soon as the process can run. */
  #enter(task: () => void): void {
    if (this.#around.process.begins()) task()
    else this.#around.process.defer('network', task)
  }

  #answer(exchange: Exchange, reply: NodeReply): void {
    this.#around.observer.answered(this, exchange.command, reply)
    exchange.answer(reply)
  }

  #replied(connection: Connection, exchange: Exchange, reply: NodeReply): void {
    if (connection.settle(exchange)) this.#answer(exchange, reply)
  }

  #disconnected(connection: Connection): void {
    this.#connection = undefined
    this.connected = false
    this.#around.observer.connection(this, false)
    for (const exchange of connection.takePending())
      this.#answer(exchange, { vote: 'unknown', reason: 'connection lost' })
    for (const watcher of this.#watchers) watcher.disconnected()
    if (!this.#closed) this.#reconnectLater()
  }

  #reconnectLater(): void {
    const { timeline, chance, delay } = this.#around
    timeline.after(this.#pause * chance.between(0.5, 1) + 2 * delay(), () => {
      this.#enter(() => {
        if (this.#closed || this.#connection !== undefined) return
        if (this.server.accepts && this.#stalled.size === 0) this.#establish()
        else {
          this.#pause = Math.min(this.#pause * 2, LONGEST_RECONNECT)
          this.#reconnectLater()
        }
      })
    })
  }

  /** Runs within the client's process. */
  #establish(): void {
    const { timeline, delay, process, observer } = this.#around
    this.#pause = FIRST_RECONNECT
    const connection = new Connection(this.server, timeline, delay, {
      replied: (exchange, reply) => {
        // The most frequent event, so it gets no closure.
        if (process.begins()) this.#replied(connection, exchange, reply)
        else {
          process.defer('network', () => {
            this.#replied(connection, exchange, reply)
          })
        }
      },
      announced: (channel, waiterId, handed) => {
        if (this.losesWakeUp()) return
        this.#enter(() => {
          for (const heard of this.#subscriptions.get(channel) ?? []) heard.message(waiterId, handed)
        })
      },
      broken: () => {
        this.break('lost')
      },
    })
    this.#connection = connection
    this.connected = true
    observer.connection(this, true)
    for (const channel of this.#subscriptions.keys()) this.#resubscribe(channel)
    for (const watcher of this.#watchers) watcher.connected()
  }

  #resubscribe(channel: string): void {
    const connection = this.#connection
    connection?.subscribe(channel, () => {
      this.#enter(() => {
        if (this.#connection !== connection) return
        for (const observer of this.#subscriptions.get(channel) ?? []) observer.live()
      })
    })
  }
}
