import type { Failed, Unknown } from '@quorumlock/core'
import { denialIn, withoutPosition, type Attempted } from './denial.js'

/** Refusals that come before anything is done, and that time or an operator mends. */
const OUTAGE = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'NOSCRIPT',
  'OOM',
  'READONLY',
  'TRYAGAIN',
])

/** Refusals that come before anything is done, and that only the caller or the set-up can mend. */
const MISUSE = new Set(['ASK', 'CROSSSLOT', 'MOVED', 'NOAUTH', 'NOPERM', 'WRONGPASS', 'WRONGTYPE'])

/** What servers say without a code. */
const REFUSED_BY_SERVER = [/^ERR unknown command/i, /^ERR max number of clients reached/i]

/** What the clients say when a command did not even reach a socket. */
const NEVER_SENT = [
  // node-redis
  /^The client is closed$/,
  /^The client is offline$/,
  /^The queue is full$/,
  // ioredis
  /enableOfflineQueue options is false/,
]

/** As in ETIMEDOUT: no word of a server, though in capitals. */
const SYSTEM_ERROR = /^E(?!RR$|XECABORT$)/

/** An error message is for people: what a server repeats of a long key is cut, characters. */
const LONGEST_REASON = 500

/**
 * What an error proves ("Votes"): `failed` only when nothing can have been written. Whatever is not understood, a lost
 * connection above all, is `unknown`. `attempted` names what the server refused where the server itself does not.
 */
export function voteOfError(error: unknown, attempted?: Attempted): Failed | Unknown {
  const said = textOf(error)
  const message = withoutArguments(withoutPosition(said))
  const code = codeOf(said)
  const cause = causeOf(error)
  const denial = denialIn(said, attempted)
  const reason = cut(denial ?? explained(code, message))
  // Where only the marker was refused something was written before.
  if (code === 'MARKER')
    return { vote: 'unknown', reason, answered: true, ...(denial && { misuse: true }), cause }
  if (code !== undefined && MISUSE.has(code)) return { vote: 'failed', reason, misuse: true, cause }
  const surelyNot =
    (code !== undefined && OUTAGE.has(code)) ||
    REFUSED_BY_SERVER.some((pattern) => pattern.test(message)) ||
    NEVER_SENT.some((pattern) => pattern.test(message))
  if (surelyNot) return { vote: 'failed', reason, cause }
  const answered = code !== undefined && !SYSTEM_ERROR.test(code)
  return { vote: 'unknown', reason, ...(answered && { answered }), cause }
}

/** The error code of a Redis reply; in Redis 6 an error from within a script carries its position before it. */
export function codeOf(message: string): string | undefined {
  const code = (/^([A-Z]{2,})(?: |$)/.exec(withoutPosition(message)) ?? [])[1]
  // Within a script servers have no code for it.
  return (code === undefined || code === 'ERR') && denialIn(message) !== undefined ? 'NOPERM' : code
}

function textOf(error: unknown): string {
  const message = isErrorLike(error) ? error.message : String(error)
  return message === '' ? 'an error without a message' : message
}

/** `instanceof` is not to be relied on where modules are loaded twice. */
function isErrorLike(error: unknown): error is { readonly message: string } {
  return typeof (error as { readonly message?: unknown } | null | undefined)?.message === 'string'
}

/** ioredis puts the command on its errors, with the value of the lock among its arguments: logs would print it. */
function causeOf(error: unknown): unknown {
  if (!isErrorLike(error)) return error
  const { message, name, stack } = error as Partial<Error>
  const harmless = withoutArguments(message as string)
  if (!('command' in error) && harmless === message) return error
  const copy = new Error(harmless)
  Object.defineProperty(copy, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(copy, 'stack', {
    value: withoutArguments(stack ?? ''),
    configurable: true,
    writable: true,
  })
  return copy
}

/** A server that does not know a command repeats what came with it: the value of a lock, maybe. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with:.*/i, '')
}

function explained(code: string | undefined, message: string): string {
  if (code === 'MOVED' || code === 'ASK') {
    return `${message}: the server belongs to a Redis Cluster; give the node a cluster client`
  }
  return message
}

function cut(text: string): string {
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text
}
