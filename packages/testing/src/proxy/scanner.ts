/** One complete request or reply. */
export interface Frame {
  /** Index in the chunk that was fed, just behind the frame. */
  readonly end: number
  /** `*`, `$`, `+`, `-`, `:`, `>` …; a letter for an inline command. */
  readonly kind: string
  /** The first bulk string in upper case: the name of a command, the kind of a message. */
  readonly word: string
}

const mostOfAWord = 64

/**
 * Finds where requests and replies end in a stream of RESP (2 and 3) without copying it. After data that is not RESP,
 * it finds nothing more.
 */
export class Scanner {
  /** Remaining bytes of a bulk string, including its line end. */
  #skip = 0
  /** A header line that was cut by the end of a chunk. */
  #line = ''
  /** Number of missing elements, per level of nesting. */
  readonly #missing: number[] = []
  #kind = ''
  #word: string | undefined
  #lost = false

  /** Whether the stream is between two frames. */
  get isBetween(): boolean {
    return this.#kind === ''
  }

  feed(chunk: Buffer): readonly Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (at < chunk.length && !this.#lost) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length - at)
        // Names that are cut by the end of a chunk are rare, and may be reported incompletely.
        this.#word ??= chunk.toString('latin1', at, at + Math.min(taken - 2, mostOfAWord)).toUpperCase()
        this.#skip -= taken
        at += taken
        if (this.#skip === 0) this.#element(frames, at)
        continue
      }
      const lineEnd = chunk.indexOf(10, at)
      const stop = lineEnd < 0 ? chunk.length : lineEnd + 1
      this.#line += chunk.toString('latin1', at, stop)
      if (this.#kind === '') this.#kind = this.#line.charAt(0)
      at = stop
      if (lineEnd >= 0) this.#header(frames, at)
    }
    return frames
  }

  #header(frames: Frame[], at: number): void {
    const line = this.#line
    this.#line = ''
    const count = Number(line.slice(1, -2))
    switch (line.charAt(0)) {
      case '$':
      case '=':
      case '!':
        if (!Number.isInteger(count)) this.#lost = true
        else if (count < 0) this.#element(frames, at)
        else this.#skip = count + 2
        return
      case '*':
      case '~':
      case '>':
      case '%': {
        const elements = line.startsWith('%') ? 2 * count : count
        if (!Number.isInteger(elements)) this.#lost = true
        else if (elements <= 0) this.#element(frames, at)
        else this.#missing.push(elements)
        return
      }
      default:
        if (this.#missing.length === 0) this.#word ??= line.trim().split(' ')[0]?.toUpperCase()
        this.#element(frames, at)
    }
  }

  /** Notes a complete element, which may complete the aggregates around it. */
  #element(frames: Frame[], at: number): void {
    const missing = this.#missing
    while (missing.length > 0) {
      const left = (missing[missing.length - 1] as number) - 1
      missing[missing.length - 1] = left
      if (left > 0) return
      missing.pop()
    }
    frames.push({ end: at, kind: this.#kind, word: this.#word ?? '' })
    this.#kind = ''
    this.#word = undefined
  }
}
