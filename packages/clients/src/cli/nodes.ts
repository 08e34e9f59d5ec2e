import { readFileSync } from 'node:fs'
import { parseDuration } from './duration.js'
import { usage } from './failure.js'

/** What every command needs to reach the nodes. */
export interface Connection {
  readonly nodes: readonly string[]
  readonly keyPrefix?: string | undefined
  readonly quorum?: number | undefined
  readonly ttl?: number | undefined
  /** The servers lose nothing in a crash. */
  readonly durable?: boolean | undefined
}

export interface ConnectionFlags {
  readonly node?: readonly string[] | undefined
  readonly config?: string | undefined
  readonly 'key-prefix'?: string | undefined
  readonly quorum?: string | undefined
  readonly durable?: boolean | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const FILE_KEYS = ['nodes', 'keyPrefix', 'quorum', 'ttl', 'durable']

/** Flags come first, then the environment, then the file. */
export function connectionFrom(flags: ConnectionFlags, env: Environment): Connection {
  const path = flags.config ?? env['QUORUMLOCK_CONFIG']
  const file = path === undefined ? undefined : readConfig(path)
  const nodes = nodesFrom(flags.node ?? []) ?? nodesFrom([env['QUORUMLOCK_NODES'] ?? '']) ?? file?.nodes
  if (nodes === undefined) {
    throw usage('No nodes: name them with --node URL, QUORUMLOCK_NODES="URL URL URL" or --config FILE')
  }
  for (const [index, node] of nodes.entries()) checkUrl(node, index)
  const quorum = flags.quorum === undefined ? file?.quorum : wholeNumber('--quorum', flags.quorum)
  return {
    nodes,
    quorum,
    keyPrefix: flags['key-prefix'] ?? file?.keyPrefix,
    ttl: file?.ttl,
    durable: flags.durable ?? file?.durable,
  }
}

function nodesFrom(texts: readonly string[]): readonly string[] | undefined {
  const nodes = texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '')
  return nodes.length === 0 ? undefined : nodes
}

/** The URL itself stays out of the message: it may hold a password. */
function checkUrl(text: string, index: number): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw usage(
      `Expected node ${index + 1} to be a URL such as redis://host:6379 or rediss://user:password@host:6380`,
    )
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw usage(`Expected ${flag} to be a whole number, got "${text}"`)
  return Number(text)
}

type Config = Omit<Connection, 'nodes'> & { readonly nodes: readonly string[] | undefined }

function readConfig(path: string): Config {
  const wrong = (what: string): Error => usage(`Cannot use the configuration file ${path}: ${what}`)
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message)
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong('expected a JSON object')
  const unknown = Object.keys(given).find((key) => !FILE_KEYS.includes(key))
  if (unknown !== undefined) throw wrong(`expected only ${FILE_KEYS.join(', ')}, got "${unknown}"`)
  const { nodes, keyPrefix, quorum, ttl, durable } = given as Record<string, unknown>
  if (nodes !== undefined && !(Array.isArray(nodes) && nodes.every((node) => typeof node === 'string'))) {
    throw wrong('expected "nodes" to be an array of URLs')
  }
  if (keyPrefix !== undefined && typeof keyPrefix !== 'string')
    throw wrong('expected "keyPrefix" to be a string')
  if (quorum !== undefined && !Number.isInteger(quorum)) throw wrong('expected "quorum" to be a whole number')
  if (durable !== undefined && typeof durable !== 'boolean')
    throw wrong('expected "durable" to be true or false')
  if (ttl !== undefined && typeof ttl !== 'string' && typeof ttl !== 'number') {
    throw wrong('expected "ttl" to be milliseconds or a time such as "30s"')
  }
  return {
    nodes,
    keyPrefix,
    durable,
    quorum: quorum as number | undefined,
    ttl: ttl === undefined ? undefined : parseDuration('"ttl"', String(ttl)),
  }
}
