import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls'
import { parseDuration, parseWait } from './duration.js'
import { usage } from './failure.js'

/** What `--config` can set. */
export interface Config {
  readonly nodes?: readonly string[] | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly tls?: true | TlsOptions | undefined
  readonly keyPrefix?: string | undefined
  readonly quorum?: number | undefined
  readonly durable?: boolean | undefined
  readonly ttl?: number | undefined
  readonly wait?: number | undefined
  readonly label?: string | undefined
}

type Rule = readonly [holds: (value: unknown) => boolean, expected: string]

const isString = (value: unknown): boolean => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const time: Rule = [
  (value) => isString(value) || typeof value === 'number',
  'milliseconds or a time such as "30s"',
]
const path: Rule = [isString, 'the path of a file']

const RULES: Readonly<Record<string, Rule>> = {
  nodes: [(value) => Array.isArray(value) && value.every(isString), 'an array of URLs'],
  username: [isString, 'a string'],
  password: [isString, 'a string'],
  passwordFile: path,
  tls: [(value) => value === true || isObject(value), 'true or an object'],
  keyPrefix: [isString, 'a string'],
  quorum: [Number.isInteger, 'a whole number'],
  durable: [(value) => typeof value === 'boolean', 'true or false'],
  ttl: time,
  wait: time,
  label: [isString, 'a string'],
}

const TLS_RULES: Readonly<Record<string, Rule>> = {
  ca: path,
  cert: path,
  key: path,
  servername: [isString, 'a string'],
}

/** Paths in the file are relative to its folder. */
export function readConfig(file: string): Config {
  const wrong = (what: string): Error => usage(`Cannot use the configuration file ${file}: ${what}`)
  const read = (name: string): string => {
    try {
      return readFileSync(resolve(dirname(file), name), 'utf8')
    } catch (error) {
      throw wrong((error as Error).message)
    }
  }
  const check = (given: Record<string, unknown>, rules: typeof RULES, within: string): void => {
    for (const [key, value] of Object.entries(given)) {
      if (!Object.hasOwn(rules, key))
        throw wrong(
          `expected only ${Object.keys(rules).join(', ')}${within && ` in "${within}"`}, got "${key}"`,
        )
      const [holds, expected] = rules[key] as Rule
      if (!holds(value)) throw wrong(`expected "${within && `${within}.`}${key}" to be ${expected}`)
    }
  }
  let given: unknown
  try {
    given = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message)
  }
  if (!isObject(given)) throw wrong('expected a JSON object')
  check(given, RULES, '')
  const { passwordFile, tls, ttl, wait, ...rest } = given as Omit<Config, 'tls' | 'ttl' | 'wait'> & {
    passwordFile?: string
    tls?: true | Record<string, string>
    ttl?: string | number
    wait?: string | number
  }
  if (passwordFile !== undefined && rest.password !== undefined)
    throw wrong('expected "password" or "passwordFile", got both')
  if (isObject(tls)) check(tls, TLS_RULES, 'tls')
  return {
    ...rest,
    // Editors and secret stores add a line feed at the end of a file.
    password: passwordFile === undefined ? rest.password : read(passwordFile).replace(/\r?\n$/, ''),
    tls: isObject(tls) ? tlsFrom(tls, read, wrong) : tls,
    ttl: ttl === undefined ? undefined : parseDuration('"ttl"', String(ttl)),
    wait: wait === undefined ? undefined : parseWait('"wait"', String(wait)),
  }
}

/** Certificates are always verified. A private authority must be set with `ca`. */
function tlsFrom(
  { ca, cert, key, servername }: Readonly<Record<string, string>>,
  read: (name: string) => string,
  wrong: (what: string) => Error,
): TlsOptions {
  if ((cert === undefined) !== (key === undefined)) throw wrong('expected "tls.cert" and "tls.key" together')
  const options: TlsOptions = {
    ...(ca !== undefined && { ca: read(ca) }),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) }),
    ...(servername !== undefined && { servername }),
  }
  try {
    createSecureContext(options)
    // `createSecureContext` accepts any text as an authority.
    if (options.ca !== undefined) new X509Certificate(options.ca as string)
  } catch (error) {
    throw wrong(`"tls" names files that cannot be used (${(error as Error).message})`)
  }
  return options
}
