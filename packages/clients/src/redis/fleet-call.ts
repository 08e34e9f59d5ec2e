import type { GreetCommand, MarkCommand, NodeReply } from '@quorumlock/core'
import type { Answer, Call } from './call.js'
import { withFormer } from './companions.js'
import { decodeGreeting, type Heading } from './replies.js'
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

  command(verb: string, script: string, number: string): string[] {
    const command = this.#command
    const keys = command.marker === undefined ? [] : withFormer(command.marker)
    const head = [verb, script, String(keys.length), ...keys, number]
    if (command.kind === 'greet') return head
    const { mode, fleet, run, stamp, longestTtl, floor, duration } = command
    return [...head, mode, fleet, run, stamp, String(longestTtl), String(floor), String(duration)]
  }

  keys(): string[] {
    return this.#command.marker === undefined ? [] : [this.#command.marker]
  }

  settle({ clock }: Heading, rest: readonly unknown[]): void {
    this.settleAll(decodeGreeting(rest, clock, this.#durable))
  }

  settleAll(reply: NodeReply): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(reply)
  }
}
