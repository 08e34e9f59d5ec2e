import type { NodeCommand } from '../../src/node/commands.js'
import type { Ability, ConnectionObserver, Handed, LockNode, WakeObserver } from '../../src/node/lock-node.js'
import type { NodeReply } from '../../src/node/replies.js'
import { channelOf } from '../../src/node/waiter-id.js'
import { createNodeState, execute } from '../../src/node/node-state.js'
import type { NodeState } from '../../src/node/stored.js'
import type { ManualClock } from './manual-clock.js'

interface Sent {
  readonly command: NodeCommand
  readonly answer: (reply: NodeReply) => void
  readonly connection: number
  answered: boolean
}

/**
 * A lock node under the control of a test: the real state machine behind a connection that can be slow, frozen, refused
 * or cut. It keeps the order of commands on one connection, as the port requires.
 */
export class FakeNode implements LockNode {
  readonly name: string
  lacks: Ability[] | undefined
  connected = true
  state: NodeState
  /** Milliseconds for each way. A function is called for each message. */
  delay: number | (() => number) = 0
  /** Milliseconds by which its clock deviates. */
  skew = 0
  /** Returns an answer that replaces the execution of the command. */
  script: ((command: NodeCommand) => NodeReply | undefined) | undefined
  /** Handles a command completely if it returns true. */
  intercept:
    | ((command: NodeCommand, execute: () => NodeReply, answer: (reply: NodeReply) => void) => boolean)
    | undefined
  /** Executes commands, but the answers are lost. */
  losesReplies = false
  /** Commands are lost before they arrive. */
  losesCommands = false
  /** Its announcements to waiters are lost. */
  mutesWakeUps = false
  answersAtOnce = false
  answersTwice = false
  throws: Error | undefined
  closed = 0
  /** Every command that was sent, in order. */
  readonly log: NodeCommand[] = []
  /** Announcements, by the id of the waiter. */
  readonly woken: string[] = []

  readonly #clock: ManualClock
  readonly #inFlight = new Set<Sent>()
  readonly #observers = new Set<ConnectionObserver>()
  readonly #channels = new Map<string, Set<WakeObserver>>()
  #frozen: Sent[] | undefined
  #connection = 1
  #runs = 1
  #lastArrival = 0
  #lastAnswer = 0

  constructor(name: string, clock: ManualClock) {
    this.name = name
    this.#clock = clock
    this.state = createNodeState(`${name}-run-1`)
  }

  now(): number {
    return Math.floor(this.#clock.wall() + this.skew)
  }

  sent(kind: NodeCommand['kind']): number {
    return this.log.filter((command) => command.kind === kind).length
  }

  send(command: NodeCommand, answer: (reply: NodeReply) => void): void {
    if (this.throws !== undefined) throw this.throws
    this.log.push(command)
    const sent = { command, answer, connection: this.#connection, answered: false }
    this.#inFlight.add(sent)
    if (this.losesCommands) return
    if (this.answersAtOnce) {
      this.#arrive(sent)
      return
    }
    const delay = this.#draw()
    if (delay === 0 && this.#lastArrival <= this.#clock.monotonic()) this.#arrive(sent)
    else {
      this.#lastArrival = Math.max(this.#lastArrival, this.#clock.monotonic() + delay)
      this.#clock.after(this.#lastArrival - this.#clock.monotonic(), () => {
        this.#arrive(sent)
      })
    }
  }

  watch(observer: ConnectionObserver): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    const observers = this.#channels.get(channel) ?? new Set()
    this.#channels.set(channel, observers.add(observer))
    if (this.connected && this.#frozen === undefined) queueMicrotask(() => observer.live())
    return () => observers.delete(observer)
  }

  close(): void {
    this.closed++
  }

  /** Stops the process. The connection stays up and buffers all commands. */
  freeze(): void {
    this.#frozen ??= []
  }

  /** Continues the process, which executes the buffered commands. */
  thaw(): void {
    const piled = this.#frozen ?? []
    this.#frozen = undefined
    for (const sent of piled) this.#arrive(sent)
  }

  /** Breaks the connection. Commands in flight may or may not have been applied. */
  disconnect(): void {
    this.connected = false
    this.#connection++
    for (const sent of [...this.#inFlight]) {
      this.#answer(sent, { vote: 'unknown', reason: 'connection lost' })
    }
    for (const observer of this.#observers) observer.disconnected()
  }

  reconnect(): void {
    this.connected = true
    this.#lastArrival = 0
    for (const observer of this.#observers) observer.connected()
    for (const observers of this.#channels.values()) for (const observer of observers) observer.live()
  }

  /** Restarts the server process. Without `keep` its data is lost. */
  restart({ keep }: { keep: boolean }): void {
    this.disconnect()
    this.#frozen = undefined
    const run = `${this.name}-run-${++this.#runs}`
    if (keep) this.state.run = run
    else this.state = createNodeState(run)
    this.reconnect()
  }

  /** FLUSHALL: deletes the data, while the process continues. */
  flush(): void {
    this.state = createNodeState(this.state.run)
  }

  holds(key: string): string | undefined {
    const lock = this.state.locks.get(key)
    return lock !== undefined && this.now() <= lock.expiresAt ? lock.value : undefined
  }

  waitersOf(key: string): string[] {
    const places = this.state.queues.get(key) ?? []
    return places.filter(({ deadline }) => this.now() <= deadline).map(({ id }) => id)
  }

  #arrive(sent: Sent): void {
    if (this.#frozen !== undefined) {
      this.#frozen.push(sent)
      return
    }
    const run = (): NodeReply =>
      execute(this.state, sent.command, this.now(), (waiter, handed) => {
        this.announce(waiter, handed)
        return this.connected && (this.#channels.get(channelOf(waiter))?.size ?? 0) > 0
      })
    const answer = (reply: NodeReply): void => {
      this.#answer(sent, reply)
    }
    if (this.intercept?.(sent.command, run, answer) === true) return
    const reply = this.script?.(sent.command) ?? run()
    if (this.losesReplies) return
    if (this.answersAtOnce) {
      this.#answer(sent, reply)
      return
    }
    const delay = this.#draw()
    const due = Math.max(this.#lastAnswer, this.#clock.monotonic() + delay)
    this.#lastAnswer = due
    const arrive = (): void => {
      this.#answer(sent, reply)
    }
    if (due <= this.#clock.monotonic()) queueMicrotask(arrive)
    else this.#clock.after(due - this.#clock.monotonic(), arrive)
  }

  #answer(sent: Sent, reply: NodeReply): void {
    if (sent.answered) return
    sent.answered = true
    this.#inFlight.delete(sent)
    sent.answer(reply)
    if (this.answersTwice) sent.answer(reply)
  }

  announce(waiter: string, handed?: Handed): void {
    this.woken.push(waiter)
    const hear = (): void => {
      if (!this.connected || this.mutesWakeUps) return
      for (const observer of this.#channels.get(channelOf(waiter)) ?? []) observer.message(waiter, handed)
    }
    const delay = this.#draw()
    if (delay === 0) queueMicrotask(hear)
    else this.#clock.after(delay, hear)
  }

  #draw(): number {
    return typeof this.delay === 'number' ? this.delay : this.delay()
  }
}
