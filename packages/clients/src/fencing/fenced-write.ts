import { fenceOf } from '../redis/companions.js'
import { fenced } from './embedded.js'
import { checkCommand, type GuardedCommand } from './guarded-command.js'

/** The part of a node-redis or ioredis client that is needed. */
export type FencingClient =
  | { sendCommand(args: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> }

export interface FencedWriteOptions {
  /**
   * How long the highest token is remembered after the last write, milliseconds. Default: 86,400,000, a day.
   * It must outlive every holder that may still believe that it has its lock.
   */
  readonly retention?: number | undefined
}

export type FencedWrite =
  | { readonly accepted: true; readonly reply: unknown }
  /** Another holder with the higher token `seen` has written before, so the caller's lock is over. */
  | { readonly accepted: false; readonly seen: bigint }

const DAY = 86_400_000

/**
 * Runs `command`, which writes `key`, unless a higher token has been seen for that key. Check and write are atomic on
 * the server. The same token may write any number of times. All writers of the key must use this function.
 *
 * The first argument of `command` must be `key`. Commands that also write other keys, such as MSET and RENAME, are
 * rejected with a `TypeError`, because those keys would be unguarded.
 *
 * The client must be one connection to one server that keeps its data, because it guards your data and is not a lock
 * node.
 */
export async function fencedWrite(
  client: FencingClient,
  key: string,
  token: bigint | undefined,
  command: GuardedCommand,
  { retention = DAY }: FencedWriteOptions = {},
): Promise<FencedWrite> {
  if (typeof key !== 'string' || key === '') {
    throw new TypeError(`Expected \`key\` to be a non-empty string, got ${JSON.stringify(key)}`)
  }
  checkCommand(key, command)
  if (typeof token !== 'bigint' || token <= 0n) {
    throw new TypeError(
      `Expected \`token\` to be the token of a lock, got ${String(token)}: acquire it with { fencing: true }`,
    )
  }
  if (!Number.isInteger(retention) || retention < 1) {
    throw new RangeError(`Expected \`retention\` to be whole milliseconds, got ${String(retention)}`)
  }
  const [name, , ...rest] = command
  const args = ['2', key, fenceOf(key), String(token), String(retention), name, ...rest]
  const [accepted, reply] = (await evaluate(client, args)) as [number, unknown]
  return accepted === 1 ? { accepted: true, reply } : { accepted: false, seen: BigInt(String(reply)) }
}

/** A fenced SET. True if the value was written, false if a holder with a higher token has written before. */
export async function fencedSet(
  client: FencingClient,
  key: string,
  value: string,
  token: bigint | undefined,
  options?: FencedWriteOptions,
): Promise<boolean> {
  const { accepted } = await fencedWrite(client, key, token, ['SET', key, value], options)
  return accepted
}

async function evaluate(client: FencingClient, args: readonly string[]): Promise<unknown> {
  try {
    return await send(client, ['EVALSHA', fenced.sha1, ...args])
  } catch (error) {
    // The server was restarted, or has never seen the script.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return send(client, ['EVAL', fenced.source, ...args])
  }
}

function send(client: FencingClient, [name, ...args]: [string, ...string[]]): Promise<unknown> {
  return 'sendCommand' in client && !('call' in client)
    ? client.sendCommand([name, ...args])
    : (client as { call(command: string, ...args: string[]): Promise<unknown> }).call(name, ...args)
}
