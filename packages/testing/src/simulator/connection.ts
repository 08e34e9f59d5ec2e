import type { Handed, NodeReply } from '@quorumlock/core'
import type { Exchange } from './exchange.js'
import { Letter, Pipe } from './pipe.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

/** `news` carries what servers publish, on a separate connection, so in no order with the replies. */
export type PipeName = 'up' | 'down' | 'news'

/** Notifications of a connection to its client. */
export interface ConnectionEnd {
  replied(exchange: Exchange, reply: NodeReply): void
  announced(channel: string, waiterId: string, handed: Handed | undefined): void
  broken(): void
}

/** All connections between a client and a server as one: pipes, unanswered commands, and subscribed channels. */
export class Connection {
  /** The client has abandoned it; data in flight to the server may still arrive. */
  isAbandoned = false
  /** In the order in which they were sent, which is the order of the replies. */
  readonly #pending: Exchange[] = []
  readonly #channels = new Set<string>()
  readonly #timeline: Timeline
  readonly #end: ConnectionEnd
  readonly #up: Pipe
  readonly #down: Pipe
  readonly #news: Pipe

  constructor(
    readonly server: Server,
    timeline: Timeline,
    delay: () => number,
    end: ConnectionEnd,
  ) {
    this.#timeline = timeline
    this.#end = end
    this.#up = new Pipe(timeline, delay)
    this.#down = new Pipe(timeline, delay)
    this.#news = new Pipe(timeline, delay)
    server.connections.add(this)
  }

  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  send(exchange: Exchange): void {
    this.#pending.push(exchange)
    // The other end is gone, but the process has not been notified yet.
    if (this.isAbandoned) return
    exchange.connection = this
    this.#up.send(exchange)
  }

  respond(exchange: Exchange): void {
    if (!this.isAbandoned) this.#down.send(exchange)
  }

  replied(exchange: Exchange, reply: NodeReply): void {
    this.#end.replied(exchange, reply)
  }

  /** Returns false if it was settled before, without a reply. */
  settle(exchange: Exchange): boolean {
    if (this.#pending[0] === exchange) {
      this.#pending.shift()
      return true
    }
    const index = this.#pending.indexOf(exchange)
    if (index >= 0) this.#pending.splice(index, 1)
    return index >= 0
  }

  /** Removes and returns the commands that will get no reply. */
  takePending(): Exchange[] {
    return this.#pending.splice(0)
  }

  subscribe(channel: string, confirmed: () => void): void {
    const subscribed = (): void => {
      this.#channels.add(channel)
      this.#news.send(new Letter(confirmed))
    }
    this.#up.send(new Letter(subscribed))
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel)
  }

  publish(channel: string, waiterId: string, handed: Handed | undefined): boolean {
    if (!this.#channels.has(channel)) return false
    const announced = (): void => {
      this.#end.announced(channel, waiterId, handed)
    }
    this.#news.send(new Letter(announced))
    return true
  }

  stall(direction: PipeName): void {
    this.#pipe(direction).stall()
  }

  heal(direction: PipeName): void {
    this.#pipe(direction).heal()
  }

  /** The connection broke. No reply arrives; data in flight is lost, or arrives after `lateness`, however long that is. */
  abandon(lateness: number | 'lost'): void {
    if (this.isAbandoned) return
    this.isAbandoned = true
    this.#down.cut()
    this.#news.cut()
    this.server.connections.delete(this)
    if (lateness === 'lost') this.#up.cut()
    else {
      this.#up.stall()
      this.#timeline.after(lateness, () => {
        this.#up.heal()
      })
    }
  }

  /** The server's process is gone, so data in flight to it cannot arrive. The client is notified last. */
  brokenByServer(): void {
    this.#up.cut()
    const broken = (): void => {
      this.#end.broken()
    }
    this.#down.send(new Letter(broken))
  }

  #pipe(direction: PipeName): Pipe {
    if (direction === 'up') return this.#up
    return direction === 'down' ? this.#down : this.#news
  }
}
