import type { Undo } from '@quorumlock/testing'
import { memoryNode, type LockNode, type NodeCommand, type NodeReply } from '@quorumlock/core'

type Job = () => void
type Observer = Parameters<NonNullable<LockNode['watch']>>[0]
type Wakes = Parameters<NonNullable<LockNode['subscribe']>>[1]

/** A node in memory that can crash, come back empty, and freeze, like a server. */
export class MemoryServer {
  #inner: LockNode
  #state: 'up' | 'down' | 'frozen' = 'up'
  #held: Job[] = []
  readonly #clients = new Set<MemoryClient>()

  constructor(readonly name: string) {
    this.#inner = memoryNode({ name })
  }

  get inner(): LockNode {
    return this.#inner
  }

  get isUp(): boolean {
    return this.#state !== 'down'
  }

  client(): MemoryClient {
    const client = new MemoryClient(this)
    this.#clients.add(client)
    return client
  }

  async inject(fault: string): Promise<Undo> {
    this.#state = fault === 'freeze' ? 'frozen' : 'down'
    if (this.#state === 'frozen') return async () => this.#thaw()
    this.#held = []
    for (const client of this.#clients) client.disconnected()
    return async () => this.#restart()
  }

  #restart(): void {
    this.#inner = memoryNode({ name: this.name })
    this.#state = 'up'
    for (const client of this.#clients) client.reconnected()
  }

  #thaw(): void {
    this.#state = 'up'
    for (const job of this.#held.splice(0)) job()
  }

  /** Runs the job now, or after the thaw. */
  do(job: Job): void {
    if (this.#state === 'frozen') this.#held.push(job)
    else job()
  }
}

/** The connection of one client to such a server. */
export class MemoryClient implements LockNode {
  readonly #server: MemoryServer
  readonly #observers = new Set<Observer>()
  readonly #channels = new Map<string, { observer: Wakes; end: () => void }>()
  readonly #pending = new Set<(reply: NodeReply) => void>()
  #cut = false

  constructor(server: MemoryServer) {
    this.#server = server
  }

  get name(): string {
    return this.#server.name
  }

  get connected(): boolean {
    return !this.#cut && this.#server.isUp
  }

  send(command: NodeCommand, answer: (reply: NodeReply) => void): void {
    this.#pending.add(answer)
    const settle = (reply: NodeReply): void => {
      if (this.#pending.delete(answer)) answer(reply)
    }
    this.#server.do(() => this.#server.inner.send(command, settle))
  }

  watch(observer: Observer): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  subscribe(channel: string, observer: Wakes): () => void {
    this.#channels.set(channel, { observer, end: this.#listen(channel, observer) })
    return () => {
      this.#channels.get(channel)?.end()
      this.#channels.delete(channel)
    }
  }

  /** The client's process is gone, so it sends nothing any more. */
  cut(): void {
    this.#cut = true
    this.disconnected()
  }

  disconnected(): void {
    for (const answer of [...this.#pending]) {
      this.#pending.delete(answer)
      queueMicrotask(() => answer({ vote: 'unknown', reason: 'the connection was lost' }))
    }
    for (const observer of this.#observers) observer.disconnected()
  }

  reconnected(): void {
    if (this.#cut) return
    for (const [channel, { observer }] of this.#channels) {
      this.#channels.set(channel, { observer, end: this.#listen(channel, observer) })
    }
    for (const observer of this.#observers) observer.connected()
  }

  #listen(channel: string, observer: Wakes): () => void {
    const { inner } = this.#server
    return inner.subscribe!(channel, {
      live: () => observer.live(),
      message: (id) => this.#server.do(() => observer.message(id)),
    })
  }
}
