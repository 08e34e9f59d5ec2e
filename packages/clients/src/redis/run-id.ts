import type { RedisLink } from './link.js'
import { codeOf } from './vote-of-error.js'

/** Identity of the server process behind a connection: asked for once per connection, since INFO is dear. */
export class RunId {
  readonly #link: RedisLink
  #asked: Promise<string> | undefined

  constructor(link: RedisLink) {
    this.#link = link
  }

  /** Empty where the server does not tell. Rejects when the connection was lost meanwhile. */
  get(): Promise<string> {
    if (this.#asked !== undefined) return this.#asked
    const asked = this.#ask()
    this.#asked = asked
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = undefined
    })
    return asked
  }

  /** The next connection may lead to another process. */
  forget(): void {
    this.#asked = undefined
  }

  async #ask(): Promise<string> {
    // A cluster is many processes.
    if (this.#link.isCluster) return ''
    try {
      const info = String(await this.#link.send(['INFO', 'server'], undefined))
      // That a server does not tell its run is one thing, a reply to something else another.
      if (!/^\w+:/m.test(info)) throw new Error('INFO was answered with something else')
      return /^run_id:(\w+)/m.exec(info)?.[1] ?? ''
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (codeOf(message) === 'NOPERM' || /^ERR unknown command/i.test(message)) return ''
      throw error
    }
  }
}
