/** A node reports its time in whole milliseconds: a smaller change of its clock against this machine's may be none. */
const RESOLUTION = 2
/** By how much two clocks may drift apart: more than quartz does, and more than time daemons correct it by. */
const DRIFT = 0.001

/**
 * The wall clock of one node, compared with the monotonic clock of this process. The node read its clock somewhere
 * between the sending of a command and the answer, so its offset lies in a range, and only leaving the range is a step.
 */
export class NodeClock {
  readonly #margin: () => number
  #lowest = -Infinity
  #highest = Infinity
  #readAt = 0
  #lastStep: number | undefined

  /** `margin`: milliseconds up to which a step does not matter. */
  constructor(margin: () => number) {
    this.#margin = margin
  }

  /** The node's wall clock minus the monotonic one, milliseconds; `undefined` before the first answer. */
  get offset(): number | undefined {
    return this.#highest === Infinity ? undefined : (this.#lowest + this.#highest) / 2
  }

  get lastStep(): number | undefined {
    return this.#lastStep
  }

  /** Takes a reading that arrived `took` milliseconds after the command was sent. Returns a step that matters, if any. */
  read(nodeTime: number, now: number, took: number): number | undefined {
    const low = nodeTime - now
    const high = low + took
    const step = low > this.#highest ? low - this.#highest : Math.min(0, high - this.#lowest)
    const elapsed = now - this.#readAt
    this.#readAt = now
    this.#lowest = step === 0 ? Math.max(low, this.#lowest) : low
    this.#highest = step === 0 ? Math.min(high, this.#highest) : high
    const size = Math.abs(step) - DRIFT * elapsed
    if (size <= RESOLUTION || size <= this.#margin()) return undefined
    this.#lastStep = step
    return step
  }
}
