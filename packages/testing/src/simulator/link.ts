import type { ConnectionObserver, LockNode, NodeCommand, NodeReply, WakeObserver } from '@quorumlock/core'
import { Connection, type Direction } from './connection.js'
import type { Prng } from './prng.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

export interface LinkSurroundings {
  readonly timeline: Timeline
  readonly chance: Prng
  readonly delay: () => number
  /** Runs what a client process has to do, when it can. */
  readonly enter: (task: () => void) => void
  readonly observer: LinkObserver
}

export interface LinkObserver {
  sent(link: Link, command: NodeCommand): void
  answered(link: Link, command: NodeCommand, reply: NodeReply): void
  connection(link: Link, connected: boolean): void
  /** Data of a connection that was given up is still under way to the server. */
  stray(link: Link): void
}

/** Whether a wake-up gets lost on its way to the client. */
export type LosesWakeUp = () => boolean

const FIRST_RECONNECT = 20
const LONGEST_RECONNECT = 1_000

/** What one client process has of one server: the port that the engine uses, over one connection after another. */
export class Link implements LockNode {
  readonly name: string
  connected = false
  losesWakeUp: LosesWakeUp = () => false
  readonly #around: LinkSurroundings
  readonly #watchers = new Set<ConnectionObserver>()
  readonly #subscriptions = new Map<string, Set<WakeObserver>>()
  readonly #stalled = new Set<Direction>()
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
    const { observer } = this.#around
    observer.sent(this, command)
    const told = (reply: NodeReply): void => {
      observer.answered(this, command, reply)
      answer(reply)
    }
    if (this.#connection === undefined) {
      this.#around.timeline.after(0, () => {
        this.#around.enter(() => {
          told({ vote: 'failed', reason: 'not connected' })
        })
      })
    } else this.#connection.send([command, told])
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
    this.break(0)
  }

  /** The first connection, as soon as it can be had. */
  open(): void {
    if (this.server.accepts) this.#establish()
    else this.#reconnectLater()
  }

  stall(direction: Direction): void {
    this.#stalled.add(direction)
    this.#connection?.stall(direction)
  }

  heal(): void {
    for (const direction of this.#stalled) this.#connection?.heal(direction)
    this.#stalled.clear()
  }

  /** The connection is gone: what is unanswered may or may not have happened, or may happen after `lateness` yet. */
  break(lateness: number | 'lost'): void {
    const connection = this.#connection
    if (connection === undefined || connection.isAbandoned) return
    if (lateness !== 'lost' && connection.pending.size > 0) this.#around.observer.stray(this)
    connection.abandon(lateness)
    this.#around.enter(() => {
      this.#disconnected(connection)
    })
  }

  #disconnected(connection: Connection): void {
    this.#connection = undefined
    this.connected = false
    this.#around.observer.connection(this, false)
    const unanswered = [...connection.pending]
    connection.pending.clear()
    for (const answer of unanswered) answer({ vote: 'unknown', reason: 'connection lost' })
    for (const watcher of this.#watchers) watcher.disconnected()
    if (!this.#closed) this.#reconnectLater()
  }

  #reconnectLater(): void {
    const { timeline, chance, delay, enter } = this.#around
    timeline.after(this.#pause * chance.between(0.5, 1) + 2 * delay(), () => {
      enter(() => {
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
    const { timeline, delay, enter, observer } = this.#around
    this.#pause = FIRST_RECONNECT
    const connection = new Connection(this.server, timeline, delay, {
      replied: (answer, reply) => {
        enter(() => {
          if (connection.pending.delete(answer)) answer(reply)
        })
      },
      announced: (channel, waiterId) => {
        if (this.losesWakeUp()) return
        enter(() => {
          for (const heard of this.#subscriptions.get(channel) ?? []) heard.message(waiterId)
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
      this.#around.enter(() => {
        if (this.#connection !== connection) return
        for (const observer of this.#subscriptions.get(channel) ?? []) observer.live()
      })
    })
  }
}
