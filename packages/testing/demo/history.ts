import type { HistoryEvent } from '../src/history/history.js'
import type { WorkerEvent } from './events.js'

/** Keeps what the workers told as a history that the checkers and the report understand. */
export class Annals {
  readonly events: HistoryEvent[] = []
  readonly #attempts = new Map<string, string[]>()
  #count = 0

  note(client: string, event: WorkerEvent): void {
    if (event.kind === 'ready') return
    const { at } = event
    if (event.kind === 'waiting') {
      const number = ++this.#count
      // A lock on several resources is one hold of each.
      this.#attempts.set(
        client,
        event.resources.map((resource) => `${client} ${number} ${resource}`),
      )
    }
    const attempts = this.#attempts.get(client) ?? []
    attempts.forEach((attempt, index) => {
      const by = { client, at, attempt }
      const resource = event.resources[index]!
      if (event.kind === 'waiting') this.events.push({ ...by, kind: 'asked', resource })
      else if (event.kind === 'entered') {
        this.events.push({ ...by, kind: 'acquired', validUntil: at + event.remaining, token: event.token })
      } else if (event.kind === 'failed') this.events.push({ ...by, kind: 'failed', error: event.why })
      else {
        if (event.wrote.length > 0) this.events.push({ ...by, kind: 'wrote' })
        this.events.push({ ...by, kind: 'releasing' }, { ...by, kind: 'released' })
      }
    })
  }
}
