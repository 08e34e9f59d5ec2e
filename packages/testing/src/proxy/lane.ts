import { once as onceEvent } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { once, type Undo } from '../undo.js'
import { ProxiedConnection } from './proxied-connection.js'
import { Road, type Condition } from './road.js'
import { Rule, type Fate, type Selector } from './rules.js'

/** Seen from the client: its requests, the replies to it, or both. */
export type Direction = 'requests' | 'replies' | 'both'

/** A route from one client (or several that share it) to one server, on its own loopback port. */
export class Lane {
  readonly port: number
  readonly requests: Road = new Road()
  readonly replies: Road = new Road()
  readonly #target: () => number
  readonly #connections = new Set<ProxiedConnection>()
  readonly #rules = new Set<Rule>()
  #server: Server | undefined
  /** Number of faults because of which connections are refused. */
  #refusals = 0
  #accepted = 0

  private constructor(port: number, target: () => number) {
    this.port = port
    this.#target = target
  }

  static async open(port: number, target: () => number): Promise<Lane> {
    const lane = new Lane(port, target)
    await lane.#listen()
    return lane
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#connections.size
  }

  /** Number of connections ever made, which reveals a stampede. */
  get accepted(): number {
    return this.#accepted
  }

  impose(direction: Direction, condition: Condition): Undo {
    const ends = [
      ...(direction === 'replies' ? [] : [this.requests.impose(condition)]),
      ...(direction === 'requests' ? [] : [this.replies.impose(condition)]),
    ]
    return once(() => ends.forEach((end) => end()))
  }

  /** Refuses new connections; open ones are reset or kept. */
  async refuse(standing: 'reset' | 'keep' = 'reset'): Promise<Undo> {
    this.#refusals++
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) {
      // The port is closed when close() returns; its callback would wait for the open connections.
      server.close()
    }
    if (standing === 'reset') this.reset()
    return once(async () => {
      this.#refusals--
      if (this.#refusals === 0) await this.#listen()
    })
  }

  /** Resets every open connection. */
  reset(): void {
    for (const connection of [...this.#connections]) connection.reset()
  }

  /** Ends every open connection in an orderly way. */
  end(): void {
    for (const connection of [...this.#connections]) connection.end()
  }

  /** The server forgets the open connections; their clients are notified by a reset when this is undone. */
  halfOpen(): Undo {
    const forgotten = [...this.#connections]
    for (const connection of forgotten) connection.forget()
    return once(() => forgotten.forEach((connection) => connection.reset()))
  }

  /** Gives the selected requests a fate; see `Fate`. */
  intercept(selector: Selector, fate: Fate): Undo {
    const rule = new Rule(selector, fate)
    const struck = new Set<ProxiedConnection>()
    this.#struckBy.set(rule, struck)
    this.#rules.add(rule)
    return once(() => {
      this.#rules.delete(rule)
      this.#struckBy.delete(rule)
      if ('then' in fate && fate.then === 'silence') for (const connection of struck) connection.reset()
    })
  }

  readonly #struckBy = new Map<Rule, Set<ProxiedConnection>>()

  /** Ends all connections and the port. */
  close(): void {
    this.#refusals = Infinity
    this.#server?.close()
    this.reset()
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
    this.#server = server
    server.listen(this.port, '127.0.0.1')
    await onceEvent(server, 'listening')
    server.unref()
  }

  #accept(client: Socket): void {
    this.#accepted++
    const connection: ProxiedConnection = new ProxiedConnection({
      client,
      port: this.#target(),
      requests: this.requests,
      replies: this.replies,
      rules: this.#rules,
      onFate: (rule, struck) => {
        this.#struckBy.get(rule)?.add(struck)
        if (rule.isSpent) this.#rules.delete(rule)
      },
      onClose: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }
}
