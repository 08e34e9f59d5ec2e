import type { NodeCommand, NodeReply } from '@quorumlock/core'
import type { Timeline } from './timeline.js'

/** What happened, in order: always as a hash, and as text on request. */
export class Trace {
  readonly lines: string[] = []
  /** Whether text is wanted; otherwise none is built. */
  readonly isReadable: boolean
  readonly #timeline: Timeline
  readonly #words = new Float64Array(1)
  readonly #halves = new Uint32Array(this.#words.buffer)
  #high = 0x9e3779b9
  #low = 0x85ebca6b
  #count = 0

  constructor(timeline: Timeline, isReadable: boolean) {
    this.#timeline = timeline
    this.isReadable = isReadable
  }

  /** Of everything so far. */
  get hash(): string {
    const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')
    return `${hex(this.#high)}${hex(this.#low)}-${this.#count}`
  }

  /** The numbers go into the hash with the time. */
  add(kind: number, subject: number): void {
    this.#count++
    this.#words[0] = this.#timeline.now
    this.#mix(this.#halves[0] as number)
    this.#mix(this.#halves[1] as number)
    this.#mix(Math.imul(kind, 0x01000193) ^ subject)
  }

  /** For human readers; not part of the hash. */
  write(text: string): void {
    this.lines.push(`${this.#timeline.now.toFixed(3).padStart(10)} ${text}`)
  }

  #mix(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0xcc9e2d51)
    this.#high = (this.#high << 15) | (this.#high >>> 17)
    this.#low = (Math.imul(this.#low ^ this.#high, 0x1b873593) + word) | 0
  }
}

export function shownCommand(command: NodeCommand): string {
  switch (command.kind) {
    case 'acquire': {
      const queue =
        typeof command.queue === 'string'
          ? command.queue
          : `as ${command.queue.id} at ${command.queue.at} age ${command.queue.age}`
      const fence = command.fence === undefined ? '' : ` token ${command.fence.token}`
      return `acquire ${shownKeys(command.keys)} ${command.value} ttl ${command.ttl} ${queue}${fence}`
    }
    case 'extend':
    case 'repair':
      return `${command.kind} ${shownKeys(command.keys)} ${command.value} ttl ${command.ttl}`
    case 'release': {
      const requeue = command.requeue === undefined ? '' : ` requeue ${command.requeue.id}`
      return `release ${shownKeys(command.keys)} ${command.value}${requeue}`
    }
    case 'force':
    case 'inspect':
      return `${command.kind} ${shownKeys(command.keys)}`
    case 'greet':
      return command.marker === undefined ? 'probe' : 'greet'
    case 'mark':
      return `mark ${command.mode} run ${command.run} stamp ${command.stamp} longest ${command.longestTtl} floor ${command.floor} for ${command.duration}`
    case 'list':
      return `list from ${command.cursor ?? 'the beginning'}`
    case 'restore':
    case 'tidy':
      return `${command.kind} ${command.copies.map(({ key, value }) => `${key}=${value}`).join(' ')}`
  }
}

export function shownReply(reply: NodeReply): string {
  if (reply.vote === 'granted') {
    const { greeting, listing } = reply
    if (listing !== undefined)
      return `granted: ${listing.locks.map(({ key, value, remaining }) => `${key}=${value} ${remaining} ms`).join(' ')}`
    if (greeting === undefined) return 'granted'
    const { marker } = greeting
    return marker === null
      ? `granted: run ${greeting.run}, no marker`
      : `granted: run ${greeting.run}, marker of ${marker.run} with stamp ${marker.stamp}, longest ${marker.longestTtl}, quarantine ${marker.quarantine}${marker.opened ? '' : ', not opened'}`
  }
  if (reply.vote !== 'refused') return `${reply.vote}: ${reply.reason}`
  const remaining = reply.remaining === undefined ? '' : ` ${reply.remaining} ms`
  return `refused: ${reply.reason}${remaining}`
}

function shownKeys(keys: readonly string[]): string {
  return keys.join(' ')
}
