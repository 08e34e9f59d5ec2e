import type { HistoryEvent } from '../history/history.js'
import type { Holding } from './holding.js'
import type { Timeline } from './timeline.js'

/** Records the history of a run as clients on real servers do, so that the same checkers can judge it. */
export class Chronicle {
  readonly events: HistoryEvent[] = []
  readonly #timeline: Timeline
  readonly #names = new Map<object, string>()

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  granted(holding: Holding): void {
    const { client, resources, lock, invoked, granted } = holding
    const attempt = `${client.name}/${this.#names.size + 1}`
    this.#names.set(holding, attempt)
    // By true time: the client's own clock may run fast or slow.
    const validUntil = granted + client.clock.inTrueTime(lock.remaining())
    const token = lock.token === undefined ? {} : { token: String(lock.token) }
    for (const resource of resources) {
      const who = { client: client.name, attempt: `${attempt} ${resource}` }
      this.events.push({ ...who, kind: 'asked', at: invoked, resource })
      this.events.push({ ...who, kind: 'acquired', at: granted, validUntil, ...token })
    }
    lock.signal.addEventListener('abort', () => {
      this.#note(holding, { kind: 'lost', error: String(lock.signal.reason) })
    })
  }

  extended(holding: Holding): void {
    const validUntil = this.#timeline.now + holding.client.clock.inTrueTime(holding.lock.remaining())
    this.#note(holding, { kind: 'extended', validUntil })
  }

  ended(holding: Holding): void {
    this.#note(holding, { kind: 'releasing' })
  }

  #note(
    holding: Holding,
    what:
      | { readonly kind: 'extended'; readonly validUntil: number }
      | { readonly kind: 'releasing' }
      | { readonly kind: 'lost'; readonly error: string },
  ): void {
    const attempt = this.#names.get(holding)
    if (attempt === undefined) return
    for (const resource of holding.resources) {
      this.events.push({
        client: holding.client.name,
        attempt: `${attempt} ${resource}`,
        at: this.#timeline.now,
        ...what,
      })
    }
  }
}
