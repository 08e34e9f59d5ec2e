import { readConfig, type Config } from './config-file.js'
import { parseTimeout } from './duration.js'
import { usage } from './failure.js'

/** The settings that every command needs to reach the nodes, and the settings of locks in the file. */
export interface Connection extends Config {
  readonly nodes: readonly string[]
  /** From `--timeout`, milliseconds. */
  readonly timeout?: number | undefined
}

export interface ConnectionFlags {
  readonly node?: readonly string[] | undefined
  readonly config?: string | undefined
  readonly 'key-prefix'?: string | undefined
  readonly quorum?: string | undefined
  readonly durable?: boolean | undefined
  readonly timeout?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Flags override the environment, which overrides the file. */
export function connectionFrom(flags: ConnectionFlags, env: Environment): Connection {
  const path = flags.config ?? env['QUORUMLOCK_CONFIG']
  const file = path === undefined ? undefined : readConfig(path)
  const nodes = nodesFrom(flags.node ?? []) ?? nodesFrom([env['QUORUMLOCK_NODES'] ?? '']) ?? file?.nodes
  if (nodes === undefined) throw noNodes(env)
  for (const [index, node] of nodes.entries()) checkUrl(node, index)
  return {
    ...file,
    nodes,
    password: env['QUORUMLOCK_PASSWORD'] ?? file?.password,
    keyPrefix: flags['key-prefix'] ?? file?.keyPrefix,
    quorum: flags.quorum === undefined ? file?.quorum : wholeNumber('--quorum', flags.quorum),
    durable: flags.durable ?? file?.durable,
    timeout: flags.timeout === undefined ? undefined : parseTimeout('--timeout', flags.timeout),
  }
}

/**
 * The environment of the user's command, without passwords of the nodes. Addresses stay, so that a `quorumlock` inside
 * the command finds the same nodes.
 */
export function withoutPasswords(env: Environment): Environment {
  const { QUORUMLOCK_PASSWORD: _, QUORUMLOCK_NODES: nodes, ...rest } = env
  const urls = nodesFrom([nodes ?? '']) ?? []
  return { ...rest, ...(urls.length > 0 && urls.every(isPlain) && { QUORUMLOCK_NODES: nodes }) }
}

/** Only protocol, host, port and database, so that even a misspelled URL has no place for a password. */
function isPlain(url: string): boolean {
  return /^rediss?:\/\/[^@?#]*$/i.test(url) && URL.canParse(url)
}

function noNodes(env: Environment): Error {
  const ways = 'specify them with --node URL, QUORUMLOCK_NODES="URL URL URL" or --config FILE'
  // The nodes of the enclosing command are not inherited if their URLs contain a password.
  return usage(
    env['QUORUMLOCK_RESOURCE'] === undefined
      ? `No nodes: ${ways}`
      : `No nodes: ${ways}, or start the enclosing quorumlock exec with --inherit-nodes`,
  )
}

function nodesFrom(texts: readonly string[]): readonly string[] | undefined {
  const nodes = texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '')
  return nodes.length === 0 ? undefined : nodes
}

/** The URL is not part of the message, because it may contain a password. */
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
