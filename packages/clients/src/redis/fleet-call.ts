import type { NodeReply } from '@quorumlock/core'
import type { Answer, Call } from './call.js'
import { fleetJobOf, type FleetCommand } from './fleet-job.js'
import { decodeFleetReply } from './fleet-replies.js'
import type { Heading } from './replies.js'
import { greet, list, mark, restore, tidy, type EmbeddedScript } from './scripts/embedded.js'

const SCRIPTS = { greet, mark, list, restore, tidy } as const

/** A command that travels alone. */
export class FleetCall implements Call {
  readonly slot: undefined
  readonly #command: FleetCommand
  readonly #durable: boolean
  #answer: Answer | undefined

  constructor(command: FleetCommand, durable: boolean, answer: Answer) {
    this.#command = command
    this.#durable = durable
    this.#answer = answer
  }

  get script(): EmbeddedScript {
    return SCRIPTS[this.#command.kind]
  }

  get key(): string | undefined {
    const { marker } = this.#command
    return typeof marker === 'object' ? marker.key : marker
  }

  command(verb: string, script: string, number: string): string[] {
    const { keys, args } = fleetJobOf(this.#command)
    return [verb, script, String(keys.length), ...keys, number, ...args]
  }

  keys(): string[] {
    const locks = this.locks()
    return locks.length === 0 && this.key !== undefined ? [this.key] : locks
  }

  locks(): string[] {
    return 'copies' in this.#command ? this.#command.copies.map(({ key }) => key) : []
  }

  settle({ clock }: Heading, rest: readonly unknown[]): void {
    this.settleAll(decodeFleetReply(this.#command, rest, clock, this.#durable))
  }

  settleAll(reply: NodeReply): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(reply)
  }
}
