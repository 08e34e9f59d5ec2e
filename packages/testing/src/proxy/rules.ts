/** What happens to a request that a rule picks, or to its reply. */
export type Fate =
  /** The command is applied, but its reply is lost. */
  | { readonly kind: 'lose reply'; readonly then: AfterLoss }
  /** The command never arrives. */
  | { readonly kind: 'lose request'; readonly then: AfterLoss }
  /** The connection is reset instead of forwarding the request. */
  | { readonly kind: 'reset' }
  /** The first bytes of the reply arrive, then the connection is reset. */
  | { readonly kind: 'cut reply'; readonly bytes: number }
  /** The server never receives the request; the client gets this reply. */
  | { readonly kind: 'answer'; readonly reply: string }
  /** The server applies the command, but the client gets this reply. */
  | { readonly kind: 'replace reply'; readonly reply: string }
  /** The request arrives a second time later, on a separate connection. */
  | { readonly kind: 'duplicate'; readonly afterMs: number }

/**
 * A connection that lost a request or reply must not continue, or every later reply would be taken for its predecessor.
 * `reset` ends it immediately, `silence` discards everything that follows until the fault is undone.
 */
export type AfterLoss = 'reset' | 'silence'

export interface Selector {
  /** Name of the command; any by default. Case does not matter. */
  readonly command?: string | undefined
  /** Which of the following requests, counting from 1 over all connections of the lane. Default: every one. */
  readonly nth?: number | undefined
}

/** Picks requests and gives each its fate. */
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

  /** The rule has been applied and will not be applied again. */
  get isSpent(): boolean {
    return this.#nth !== undefined && this.#seen >= this.#nth
  }
}
