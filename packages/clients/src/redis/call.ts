import type { GreetCommand, MarkCommand, NodeReply } from '@quorumlock/core'
import { Batch, type Answer } from './batch.js'
import type { LockCommand } from './job.js'
import { decodeGreeting } from './replies.js'
import { batch, greet, mark, type EmbeddedScript } from './scripts/embedded.js'

/** One call of a script. */
export interface Call {
  readonly script: EmbeddedScript
  /** Any of its keys, if it has one. */
  readonly key: string | undefined
  /** Slot of a cluster that it goes to. */
  readonly slot: number | undefined
  /** Number of keys, keys and arguments. */
  args(): string[]
  /** What locks or marker it is about, for whoever has to explain a refusal. */
  keys(): readonly string[]
  settle(reply: unknown): void
  settleAll(reply: NodeReply): void
}

export class BatchCall implements Call {
  readonly script: EmbeddedScript = batch
  readonly #batch = new Batch()

  constructor(readonly slot: number | undefined) {}

  get key(): string {
    return this.#batch.firstKey
  }

  get size(): number {
    return this.#batch.commands.length
  }

  add(command: LockCommand, answer: Answer): boolean {
    return this.#batch.add(command, answer)
  }

  args(): string[] {
    return this.#batch.encode()
  }

  settle(reply: unknown): void {
    this.#batch.settle(reply)
  }

  settleAll(reply: NodeReply): void {
    this.#batch.settleAll(reply)
  }

  open(): Iterable<readonly [LockCommand, Answer]> {
    return this.#batch.open()
  }

  keys(): string[] {
    return this.#batch.commands.flatMap(({ keys }) => keys)
  }
}

/** A greeting or the writing of a marker. */
export class FleetCall implements Call {
  readonly script: EmbeddedScript
  readonly slot: undefined
  readonly #command: GreetCommand | MarkCommand
  readonly #durable: boolean
  #answer: Answer | undefined

  constructor(command: GreetCommand | MarkCommand, durable: boolean, answer: Answer) {
    this.script = command.kind === 'greet' ? greet : mark
    this.#command = command
    this.#durable = durable
    this.#answer = answer
  }

  get key(): string | undefined {
    return this.#command.marker
  }

  args(): string[] {
    const command = this.#command
    if (command.kind === 'greet') return command.marker === undefined ? ['0'] : ['1', command.marker]
    const { marker, mode, fleet, run, longestTtl, floor, duration } = command
    return ['1', marker, mode, fleet, run, String(longestTtl), String(floor), String(duration)]
  }

  keys(): string[] {
    return this.#command.marker === undefined ? [] : [this.#command.marker]
  }

  settle(reply: unknown): void {
    this.settleAll(decodeGreeting(reply, this.#durable))
  }

  settleAll(reply: NodeReply): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(reply)
  }
}
