import type { WakeObserver } from '@quorumlock/core'

const HANDED = / (\d+) (\d+)$/

/** Who listens on which channel of one connection. */
export class Subscriptions {
  readonly #channels = new Map<string, Set<WakeObserver>>()

  get channels(): string[] {
    return [...this.#channels.keys()]
  }

  /** True for the first of the channel. */
  add(channel: string, observer: WakeObserver): boolean {
    const observers = this.#channels.get(channel)
    if (observers === undefined) this.#channels.set(channel, new Set([observer]))
    else observers.add(observer)
    return observers === undefined
  }

  /** True for the last of the channel. */
  remove(channel: string, observer: WakeObserver): boolean {
    const observers = this.#channels.get(channel)
    if (observers?.delete(observer) !== true || observers.size > 0) return false
    this.#channels.delete(channel)
    return true
  }

  live(channel: string): void {
    for (const observer of this.#channels.get(channel) ?? []) observer.live()
  }

  /** The text is that of scripts/batch.lua: a waiter, and what was handed to it. */
  message(channel: string, text: string): void {
    const [found, remaining, deadline] = HANDED.exec(text) ?? []
    const waiterId = found === undefined ? text : text.slice(0, -found.length)
    const handed =
      found === undefined ? undefined : { remaining: Number(remaining), deadline: Number(deadline) }
    for (const observer of this.#channels.get(channel) ?? []) observer.message(waiterId, handed)
  }
}
