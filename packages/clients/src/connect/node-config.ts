import type { ConnectionOptions as TlsOptions } from 'node:tls'

/** One server, for settings that do not fit in a URL. */
export interface NodeConfig {
  /** `redis[s]://[[user]:password@]host[:port][/database]`. The other properties take precedence over it. */
  readonly url?: string | undefined
  /** Default: localhost. */
  readonly host?: string | undefined
  /** Default: 6379. */
  readonly port?: number | undefined
  /** User of an access control list. Default: that of `connect`. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** `true`, or options of `tls.connect`. Default: that of `connect`; `true` for `rediss:` URLs. */
  readonly tls?: boolean | TlsOptions | undefined
  readonly database?: number | undefined
  /** Shown in votes, errors and `health()`. Default: host and port. */
  readonly name?: string | undefined
  /** Every write survives a crash of the server. Default: that of `connect`. */
  readonly durable?: boolean | undefined
}

/** Everything needed to open a connection. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: TlsOptions | undefined
  readonly database: number | undefined
  readonly name: string
  readonly durable: boolean
}

type Defaults = Pick<NodeConfig, 'username' | 'password' | 'tls' | 'durable'>

const PROTOCOLS = ['redis:', 'rediss:']

/** Throws a `TypeError` that names the node by its index, because its URL may contain a password. */
export function endpointOf(given: string | NodeConfig, index: number, defaults: Defaults): Endpoint {
  const where = `nodes[${index}]`
  const config = configOf(given, where)
  const url = config.url === undefined ? undefined : parseUrl(config.url, where)
  const host = config.host ?? url?.host ?? 'localhost'
  const port = config.port ?? url?.port ?? 6379
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`Expected the port of ${where} to be from 1 to 65535, got ${String(port)}`)
  }
  // `rediss:` requests TLS; only options can configure it.
  const isOffByDefault = defaults.tls === undefined || defaults.tls === false
  const tls = config.tls ?? (url?.tls === true && isOffByDefault ? true : defaults.tls)
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return {
    host,
    port,
    username: config.username ?? url?.username ?? defaults.username,
    password: config.password ?? url?.password ?? defaults.password,
    tls: tls === true ? {} : tls === false ? undefined : tls,
    database: config.database ?? url?.database,
    name: config.name ?? authority,
    durable: config.durable ?? defaults.durable ?? false,
  }
}

function configOf(given: unknown, where: string): NodeConfig {
  if (typeof given === 'string') return { url: given }
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given
  throw new TypeError(
    `Expected ${where} to be a URL such as redis://host:6379, or an object with host and port`,
  )
}

interface ParsedUrl {
  readonly host: string
  readonly port: number | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
  readonly database: number | undefined
}

function parseUrl(text: string, where: string): ParsedUrl {
  const expected = `Expected ${where} to be a URL such as redis://host:6379 or rediss://user:password@host:6380`
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw new TypeError(`${expected}, got an invalid URL`)
  }
  const url = new URL(text)
  if (!PROTOCOLS.includes(url.protocol)) {
    // The text before the colon is not shown: if the protocol is missing, it may be a host or a user.
    throw new TypeError(`${expected}, got another protocol`)
  }
  if (url.hostname === '') throw new TypeError(`${expected}, got one without a host`)
  const database = /^\/(\d*)$/.exec(url.pathname === '' ? '/' : url.pathname)?.[1]
  if (database === undefined) {
    throw new TypeError(`Expected the path of ${where} to be the number of a database, as in redis://host/2`)
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:',
    database: database === '' ? undefined : Number(database),
  }
}
