import { fenceOf } from '../redis/companions.js'
import { fenced } from './embedded.js'
import { checkCommand, type GuardedCommand } from './guarded-command.js'

/** A node-redis or ioredis client, as far as it is needed. */
export type FencingClient =
  | { sendCommand(args: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> }

export interface FencedWriteOptions {
  /**
   * How long the highest token is remembered after the last write, milliseconds. Default 86,400,000, a day.
   * It has to outlive every holder that may still believe in its lock.
   */
  readonly retention?: number | undefined
}

export type FencedWrite =
  | { readonly accepted: true; readonly reply: unknown }
  /** Another holder, with the higher token `seen`, wrote before: the caller's lock is over. */
  | { readonly accepted: false; readonly seen: bigint }

const DAY = 86_400_000

/**
 * Runs `command`, which writes `key`, unless a higher token was seen for that key. Check and write are one step on the
 * server. The same token may write again and again. All writers of the key have to come this way.
 *
 * The first argument of `command` must be `key`. Commands that write other keys too, such as MSET and RENAME, are
 * refused with a `TypeError`: nothing would guard those keys.
 *
 * The client must be one connection to one server, and the server one that keeps its data: this guards your data, it is
 * no lock node.
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

/** SET, fenced: true when it was written, false when a holder with a higher token wrote before. */
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
    // The server was restarted, or has never seen it.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return send(client, ['EVAL', fenced.source, ...args])
  }
}

function send(client: FencingClient, [name, ...args]: [string, ...string[]]): Promise<unknown> {
  return 'sendCommand' in client && !('call' in client)
    ? client.sendCommand([name, ...args])
    : (client as { call(command: string, ...args: string[]): Promise<unknown> }).call(name, ...args)
}
