import type { Clock } from '../clock.js'
import { shown } from '../check.js'
import { isLabel, LONGEST_TTL } from '../resolve-options.js'
import type { Redlock } from '../redlock.js'

const NEEDED_OF_REDLOCK = ['acquire', 'tryAcquire', 'isLocked'] as const

/** Checks the methods, not the class, because both module formats may be loaded in one process. */
export function checkRedlock(given: Redlock): void {
  checkMethods('redlock', given, NEEDED_OF_REDLOCK, 'a Redlock')
}

export function checkMethods(
  name: string,
  given: unknown,
  methods: readonly string[],
  expected: string,
): void {
  const has = (method: string): boolean =>
    typeof given === 'object' &&
    given !== null &&
    typeof (given as Record<string, unknown>)[method] === 'function'
  if (!methods.every(has)) throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${shown(given)}`)
}

/** For callers without types, who may omit an option that has no default. */
export function checkGiven(name: string, given: unknown): void {
  if (given !== undefined) return
  throw new TypeError(`Expected \`${name}\` to be given, got undefined`)
}

export function checkName(name: string, given: string): void {
  if (typeof given !== 'string' || given === '') {
    throw new TypeError(`Expected \`${name}\` to be a non-empty string, got ${shown(given)}`)
  }
}

/** Checks a label by the rule of `acquire`. */
export function checkLabel(given: string | undefined): void {
  if (given === undefined || isLabel(given)) return
  throw new TypeError(`Expected \`label\` to be a string of 1 to 100 characters, got ${shown(given)}`)
}

/** Checks for a function, or for `undefined` if it is optional. */
export function checkFunction(
  name: string,
  given: unknown,
  need: 'required' | 'optional' = 'required',
): void {
  if (typeof given === 'function' || (need === 'optional' && given === undefined)) return
  throw new TypeError(`Expected \`${name}\` to be a function, got ${shown(given)}`)
}

/** Checks that an object of options has no unknown keys, because a misspelled one would silently have no effect. */
export function checkOptions(given: object | undefined, known: readonly string[]): void {
  if (given === undefined) return
  if (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given)) {
    throw new TypeError(`Expected \`options\` to be an object, got ${shown(given)}`)
  }
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new TypeError(`Unknown option \`${key}\`: expected one of ${known.join(', ')}`)
    }
  }
}

export function checkTime(
  name: string,
  given: number | undefined,
  least: number,
  most: number = LONGEST_TTL,
): void {
  checkWhole(name, given, least, most, 'a whole number of milliseconds')
}

export function checkWhole(
  name: string,
  given: number | undefined,
  least: number,
  most: number,
  what = 'a whole number',
): void {
  if (given === undefined) return
  if (Number.isSafeInteger(given) && given >= least && given <= most) return
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
  const message = `Expected \`${name}\` to be ${what}, ${range}, got ${shown(given)}`
  throw typeof given === 'number' ? new RangeError(message) : new TypeError(message)
}

/** Checks a wait by the rule of `acquire`. */
export function checkWait(name: string, given: number | undefined): void {
  if (given !== Infinity) checkTime(name, given, 0, Number.MAX_SAFE_INTEGER)
}

export function checkOneOf(name: string, given: unknown, allowed: readonly unknown[]): void {
  if (given === undefined || allowed.includes(given)) return
  const expected = allowed.map(shown).join(' or ')
  throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${shown(given)}`)
}

export function checkSignal(given: AbortSignal | undefined): void {
  if (given === undefined || given instanceof AbortSignal) return
  throw new TypeError(`Expected \`signal\` to be an AbortSignal, got ${shown(given)}`)
}

export function checkClock(given: Clock | undefined): void {
  if (given !== undefined) checkMethods('clock', given, ['monotonic', 'wall', 'timer'], 'a Clock')
}
