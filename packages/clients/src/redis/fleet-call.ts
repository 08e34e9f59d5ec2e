import type { GreetCommand, MarkCommand, NodeReply } from '@quorumlock/core'
import type { Answer, Call } from './call.js'
import { decodeGreeting } from './replies.js'
import { greet, mark, type EmbeddedScript } from './scripts/embedded.js'

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
