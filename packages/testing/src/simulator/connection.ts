import type { NodeCommand, NodeReply } from '@quorumlock/core'
import { Pipe } from './pipe.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

export type Direction = 'up' | 'down'

/** What a connection tells its client. */
export interface ConnectionEnd {
  replied(answer: (reply: NodeReply) => void, reply: NodeReply): void
  announced(channel: string, waiterId: string): void
  broken(): void
}

type Request = readonly [command: NodeCommand, answer: (reply: NodeReply) => void]

/** One TCP connection between a client and a server: two pipes, what is unanswered, and the channels subscribed to. */
export class Connection {
  /** Its client has given it up; what is under way to the server may still arrive. */
  isAbandoned = false
  readonly pending: Set<(reply: NodeReply) => void> = new Set()
  readonly #channels = new Set<string>()
  readonly #server: Server
  readonly #timeline: Timeline
  readonly #end: ConnectionEnd
  readonly #up: Pipe<() => void>
  readonly #down: Pipe<() => void>

  constructor(server: Server, timeline: Timeline, delay: () => number, end: ConnectionEnd) {
    this.#server = server
    this.#timeline = timeline
    this.#end = end
    const deliver = (parcel: () => void): void => {
      parcel()
    }
    this.#up = new Pipe(timeline, delay, deliver)
    this.#down = new Pipe(timeline, delay, deliver)
    server.connections.add(this)
  }

  send([command, answer]: Request): void {
    this.pending.add(answer)
    // The other end is gone, but the process has not heard of it yet.
    if (this.isAbandoned) return
    this.#up.send(() => {
      this.#server.receive({
        connection: this,
        command,
        respond: (reply) => {
          this.#respond(answer, reply)
        },
      })
    })
  }

  subscribe(channel: string, confirmed: () => void): void {
    this.#up.send(() => {
      this.#channels.add(channel)
      this.#down.send(confirmed)
    })
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel)
  }

  publish(channel: string, waiterId: string): boolean {
    if (!this.#channels.has(channel)) return false
    this.#down.send(() => {
      this.#end.announced(channel, waiterId)
    })
    return true
  }

  stall(direction: Direction): void {
    if (direction === 'up') this.#up.stall()
    else this.#down.stall()
  }

  heal(direction: Direction): void {
    if (direction === 'up') this.#up.heal()
    else this.#down.heal()
  }

  /** It broke. Nothing comes back; what was sent is lost, or arrives after `lateness`, however long that is. */
  abandon(lateness: number | 'lost'): void {
    if (this.isAbandoned) return
    this.isAbandoned = true
    this.#down.cut()
    this.#server.connections.delete(this)
    if (lateness === 'lost') this.#up.cut()
    else {
      this.#up.stall()
      this.#timeline.after(lateness, () => {
        this.#up.heal()
      })
    }
  }

  /** The server's process is gone: nothing that is under way to it can arrive. The client hears of it last. */
  brokenByServer(): void {
    this.#up.cut()
    this.#down.send(() => {
      this.#end.broken()
    })
  }

  #respond(answer: (reply: NodeReply) => void, reply: NodeReply): void {
    if (this.isAbandoned) return
    this.#down.send(() => {
      this.#end.replied(answer, reply)
    })
  }
}
