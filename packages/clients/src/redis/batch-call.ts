import type { MarkerCheck, NodeReply } from '@quorumlock/core'
import type { Answer, Call } from './call.js'
import { encodeJob, type LockCommand } from './job.js'
import { decodeReply, shapeOf } from './replies.js'
import { batch, type EmbeddedScript } from './scripts/embedded.js'

/** Limits how long one call can block the server, to a few tenths of a millisecond. */
const MOST_COMMANDS = 128
const MOST_KEYS = 512

/** Commands that travel in one call of scripts/batch.lua. Each is answered exactly once. */
export class BatchCall implements Call {
  readonly script: EmbeddedScript = batch
  readonly #commands: LockCommand[] = []
  readonly #answers: (Answer | undefined)[] = []
  #keyCount = 0
  /** `undefined` until a command depends on it. */
  #marker: MarkerCheck | 'none' | undefined

  constructor(readonly slot: number | undefined) {}

  get key(): string {
    return this.#commands[0]?.keys[0] as string
  }

  get size(): number {
    return this.#commands.length
  }

  /** False if the command must go in another call. */
  add(command: LockCommand, answer: Answer): boolean {
    const marker = markerOf(command)
    if (this.#commands.length > 0) {
      if (this.#commands.length >= MOST_COMMANDS) return false
      if (this.#keyCount + command.keys.length > MOST_KEYS) return false
      if (marker !== undefined && this.#marker !== undefined && !isSame(marker, this.#marker)) return false
    }
    this.#marker ??= marker
    this.#keyCount += command.keys.length
    this.#commands.push(command)
    this.#answers.push(answer)
    return true
  }

  args(): string[] {
    return encodeJob(this.#commands, this.#marker === 'none' ? undefined : this.#marker)
  }

  keys(): string[] {
    return this.#commands.flatMap(({ keys }) => keys)
  }

  /** Passes each command its part of the script's reply, which lists only commands that were not simply granted. */
  settle(reply: unknown): void {
    if (!Array.isArray(reply) || reply.length % 2 !== 0) {
      this.settleAll({ vote: 'unknown', reason: `malformed reply: ${shapeOf(reply)}` })
      return
    }
    const clock = Number(reply[1]) || undefined
    const granted: NodeReply = { vote: 'granted', clock }
    let next = 2
    for (let index = 0; index < this.#commands.length; index++) {
      if (next < reply.length && Number(reply[next]) === index + 1) {
        this.#answer(index, decodeReply(this.#commands[index] as LockCommand, reply[next + 1], clock))
        next += 2
      } else this.#answer(index, granted)
    }
  }

  settleAll(reply: NodeReply): void {
    for (let index = 0; index < this.#commands.length; index++) this.#answer(index, reply)
  }

  /** The commands that have not been answered yet. */
  *unanswered(): Iterable<readonly [LockCommand, Answer]> {
    for (const [index, command] of this.#commands.entries()) {
      const answer = this.#answers[index]
      if (answer !== undefined) yield [command, answer]
    }
  }

  #answer(index: number, reply: NodeReply): void {
    const answer = this.#answers[index]
    this.#answers[index] = undefined
    answer?.(reply)
  }
}

function markerOf(command: LockCommand): MarkerCheck | 'none' | undefined {
  switch (command.kind) {
    case 'acquire':
    case 'extend':
    case 'repair':
    case 'release':
      return command.marker ?? 'none'
    case 'force':
      return 'none'
    case 'inspect':
      return undefined
  }
}

function isSame(one: MarkerCheck | 'none', other: MarkerCheck | 'none'): boolean {
  if (one === other) return true
  if (one === 'none' || other === 'none') return false
  return one.key === other.key && one.run === other.run
}
