const LONGEST_TEXT = 60
const MOST_RESOURCES = 5

/** Resource names for a message, shortened and limited in number. The `resources` of the error list all of them. */
export function shownResources(resources: readonly string[]): string {
  const names = resources.slice(0, MOST_RESOURCES).map(shown)
  const more = resources.length - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}

/** A value for an error message. Long texts are shortened, and of an object only its kind is shown. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value)
  }
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

/** Collects problems. If both types and ranges are wrong, the error is a `TypeError`. */
export class Check {
  readonly #types: string[] = []
  readonly #ranges: string[] = []
  readonly #wrong = new Set<string>()

  /** `name` is the option that must not be compared with others from now on. */
  type(message: string, name?: string): void {
    this.#types.push(message)
    if (name !== undefined) this.#wrong.add(name)
  }

  range(message: string): void {
    this.#ranges.push(message)
  }

  /** Whether these options are valid on their own, so that they can be compared. */
  isFine(...names: readonly string[]): boolean {
    return !names.some((name) => this.#wrong.has(name))
  }

  /** Checks that the value is an object without any other keys. */
  record(name: string, value: unknown, known: ReadonlySet<string>): boolean {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.type(`Expected \`${name}\` to be an object, got ${shown(value)}`)
      return false
    }
    for (const key of Object.keys(value)) {
      if (!known.has(key)) {
        this.type(`Unknown option \`${key}\`: expected one of ${[...known].join(', ')}`)
      }
    }
    return true
  }

  that(name: string, value: unknown, holds: (value: unknown) => boolean, expected: string): void {
    if (value === undefined || holds(value)) return
    this.type(`Expected \`${name}\` to be ${expected}, got ${shown(value)}`, name)
  }

  /** The same for numbers. A number out of range causes a `RangeError`. */
  number(name: string, value: unknown, holds: (value: unknown) => boolean, expected: string): void {
    if (typeof value !== 'number' || holds(value)) {
      this.that(name, value, holds, expected)
      return
    }
    this.#wrong.add(name)
    this.range(`Expected \`${name}\` to be ${expected}, got ${shown(value)}`)
  }

  boolean(name: string, value: unknown): void {
    this.that(name, value, (given) => typeof given === 'boolean', 'true or false')
  }

  integer(name: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
    const limit = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
    const expected = `a whole number of milliseconds, ${limit}`
    this.number(
      name,
      value,
      (given) => Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most,
      expected,
    )
  }

  stopIfAny(): void {
    const messages = [...this.#types, ...this.#ranges]
    if (messages.length === 0) return
    throw new (this.#types.length > 0 ? TypeError : RangeError)(messages.join('; '))
  }
}
