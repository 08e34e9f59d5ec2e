import { shown } from './check.js'
import { checkTtl } from './resolve-options.js'

/** What another process needs to go on with a lock: see `redlock.resume()`. */
export interface LockJson {
  readonly resources: readonly string[]
  readonly value: string
  /** Decimal digits; with `fencing` only. */
  readonly token?: string | undefined
  readonly ttl: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** How many processes have resumed it so far, if any. */
  readonly bearer?: number | undefined
}

/** The same, checked. */
export interface LockParts {
  readonly resources: readonly string[]
  readonly value: string
  readonly token: number | undefined
  readonly ttl: number
  readonly bearer: number
}

/** What it is given is a secret: whoever knows the value can release the lock. So messages show no more than its kind. */
export function checkLockJson(json: LockJson | string): LockParts {
  const given = typeof json === 'string' ? parsed(json) : (json as unknown)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`Expected what lock.toJSON() returned, or that as a string, got ${kindOf(given)}`)
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
      'Expected a string to be the JSON of what lock.toJSON() returned, got one that is not JSON',
    )
  }
}

function kindOf(given: unknown): string {
  if (given === null) return 'null'
  if (given === '') return 'an empty string'
  return Array.isArray(given) ? 'an array' : `a value of type ${typeof given}`
}
