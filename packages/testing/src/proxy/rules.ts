/** What becomes of a request that a rule picks, or of its reply. */
export type Fate =
  /** The command is applied, nobody hears of it. */
  | { readonly kind: 'lose reply'; readonly then: AfterLoss }
  /** The command never arrives. */
  | { readonly kind: 'lose request'; readonly then: AfterLoss }
  /** The connection is reset instead of forwarding the request. */
  | { readonly kind: 'reset' }
  /** The first bytes of the reply arrive, then the connection is reset. */
  | { readonly kind: 'cut reply'; readonly bytes: number }
  /** The server never sees the request; this is what the client gets. */
  | { readonly kind: 'answer'; readonly reply: string }
  /** The server applies it, but this is what the client gets. */
  | { readonly kind: 'replace reply'; readonly reply: string }
  /** The request arrives a second time, on a connection of its own, a while after the first. */
  | { readonly kind: 'duplicate'; readonly afterMs: number }

/**
 * A connection that lost a request or reply must not go on, or every later reply would be taken for the one before it.
 * `reset` ends it at once, `silence` swallows everything that follows until the fault is taken back.
 */
export type AfterLoss = 'reset' | 'silence'

export interface Selector {
  /** Name of the command; any by default. Case does not matter. */
  readonly command?: string | undefined
  /** Which one of those that follow, counting from 1, over all connections of the lane. Default: every one. */
  readonly nth?: number | undefined
}

/** Waits for the requests that it is about and gives each its fate. */
export class Rule {
  readonly fate: Fate
  readonly #command: string | undefined
  readonly #nth: number | undefined
  #seen = 0

  constructor({ command, nth }: Selector, fate: Fate) {
    if (nth !== undefined && (!Number.isInteger(nth) || nth < 1)) {
      throw new RangeError(`Expected \`nth\` to be a whole number from 1, got ${nth}`)
    }
    this.fate = fate
    this.#command = command?.toUpperCase()
    this.#nth = nth
  }

  picks(command: string): boolean {
    if (this.#command !== undefined && this.#command !== command) return false
    this.#seen++
    return this.#nth === undefined || this.#seen === this.#nth
  }

  /** It has struck and will not strike again. */
  get isSpent(): boolean {
    return this.#nth !== undefined && this.#seen >= this.#nth
  }
}
