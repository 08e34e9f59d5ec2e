import type { MarkerCheck, NodeReply } from '@quorumlock/core'
import type { Answer, Call } from './call.js'
import { jobOf, type Job, type LockCommand } from './job.js'
import { decodeReply, type Heading } from './replies.js'
import type { EmbeddedScript } from './scripts/embedded.js'

/** Limits how long one call can block the server, to a few tenths of a millisecond. */
const MOST_COMMANDS = 128
const MOST_KEYS = 512

/** Commands that travel in one call. Each is answered exactly once. */
export class BatchCall implements Call {
  readonly #commands: LockCommand[] = []
  readonly #answers: (Answer | undefined)[] = []
  #keyCount = 0
  /** `undefined` until a command depends on it. */
  #marker: MarkerCheck | 'none' | undefined
  #job: Job | undefined

  constructor(readonly slot: number | undefined) {}

  get script(): EmbeddedScript {
    return this.#encoded.script
  }

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
    this.#marker = merged(this.#marker, marker)
    this.#keyCount += command.keys.length
    this.#commands.push(command)
    this.#answers.push(answer)
    return true
  }

  command(verb: string, script: string, number: string): string[] {
    const marker = this.#marker === 'none' ? undefined : this.#marker
    return this.#encoded.command([verb, script], number, marker)
  }

  keys(): string[] {
    return this.locks()
  }

  locks(): string[] {
    return this.#commands.flatMap(({ keys }) => keys)
  }

  /** The reply lists only commands that were not simply granted, each with its number. */
  settle({ clock }: Heading, rest: readonly unknown[]): void {
    for (let next = 0; next + 1 < rest.length; next += 2) {
      const index = Number(rest[next]) - 1
      const command = this.#commands[index]
      if (command !== undefined) this.#answer(index, decodeReply(command, rest[next + 1], clock))
    }
    this.settleAll({ vote: 'granted', clock })
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

  get #encoded(): Job {
    return (this.#job ??= jobOf(this.#commands))
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
  return one.key === other.key && one.stamp === other.stamp
}

/** For the whole call, what the marker has recorded is what the command knows that knows least. */
function merged(
  one: MarkerCheck | 'none' | undefined,
  other: MarkerCheck | 'none' | undefined,
): MarkerCheck | 'none' | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other
  if (one === 'none' || other === 'none') return one
  return other.longestTtl < one.longestTtl ? other : one
}
