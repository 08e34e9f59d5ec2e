/** A pause that doubles each time, up to a longest one. */
export class BackOff {
  readonly #first: number
  readonly #longest: number
  #pause: number

  constructor(first: number, longest: number) {
    this.#first = first
    this.#longest = longest
    this.#pause = first
  }

  /** Milliseconds to wait before the next try. */
  get pause(): number {
    return this.#pause
  }

  lengthen(): void {
    this.#pause = Math.min(this.#pause * 2, this.#longest)
  }

  reset(): void {
    this.#pause = this.#first
  }
}
