import { shown } from './check.js'
import { checkTtl } from './resolve-options.js'

/** What another process needs to continue with a lock. See `redlock.resume()`. */
export interface LockJson {
  readonly resources: readonly string[]
  readonly value: string
  /** Decimal digits; only with `fencing`. */
  readonly token?: string | undefined
  readonly ttl: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** Number of processes that have resumed the lock so far, if any. */
  readonly bearer?: number | undefined
}

/** A checked `LockJson`. */
export interface LockParts {
  readonly resources: readonly string[]
  readonly value: string
  readonly token: number | undefined
  readonly ttl: number
  readonly bearer: number
}

/**
 * Checks a secret: any process that knows the value can release the lock. So messages only show the kind of a value.
 */
export function checkLockJson(json: LockJson | string): LockParts {
  const given = typeof json === 'string' ? parsed(json) : (json as unknown)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(
      `Expected the result of lock.toJSON(), as an object or as a JSON string, got ${kindOf(given)}`,
    )
  }
  const { resources, value, token, ttl, expiresAt, bearer = 0 } = given as LockJson
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`Expected \`value\` of a lock to be a non-empty string, got ${kindOf(value)}`)
  }
  if (!Number.isSafeInteger(bearer) || bearer < 0) {
    throw new TypeError(`Expected \`bearer\` of a lock to be a whole number, got ${shown(bearer)}`)
  }
  if (!Number.isFinite(expiresAt)) {
    throw new TypeError(`Expected \`expiresAt\` of a lock to be epoch milliseconds, got ${shown(expiresAt)}`)
  }
  checkTtl(ttl, 0)
  const number = token === undefined ? undefined : Number(token)
  if (number !== undefined && !(Number.isSafeInteger(number) && number > 0)) {
    throw new TypeError(`Expected \`token\` of a lock to be decimal digits, got ${shown(token)}`)
  }
  return { resources, value, token: number, ttl, bearer }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new TypeError(
      'Expected the result of lock.toJSON() as a JSON string, got a string that is not valid JSON',
    )
  }
}

function kindOf(given: unknown): string {
  if (given === null) return 'null'
  if (given === '') return 'an empty string'
  return Array.isArray(given) ? 'an array' : `a value of type ${typeof given}`
}
