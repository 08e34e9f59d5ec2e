import { parseWakeUp, type WakeObserver } from '@quorumlock/core'

/** The observers of each channel of one connection. */
export class Subscriptions {
  readonly #channels = new Map<string, Set<WakeObserver>>()

  get channels(): string[] {
    return [...this.#channels.keys()]
  }

  add(channel: string, observer: WakeObserver): void {
    const observers = this.#channels.get(channel)
    if (observers === undefined) this.#channels.set(channel, new Set([observer]))
    else observers.add(observer)
  }

  /** True if it was the last observer of the channel. */
  remove(channel: string, observer: WakeObserver): boolean {
    const observers = this.#channels.get(channel)
    if (observers?.delete(observer) !== true || observers.size > 0) return false
    this.#channels.delete(channel)
    return true
  }

  live(channel: string): void {
    for (const observer of this.#channels.get(channel) ?? []) observer.live()
  }

  message(channel: string, text: string): void {
    const { waiterId, handed } = parseWakeUp(text)
    for (const observer of this.#channels.get(channel) ?? []) observer.message(waiterId, handed)
  }
}
