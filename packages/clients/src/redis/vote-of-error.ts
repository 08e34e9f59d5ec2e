import type { Failed, Unknown } from '@quorumlock/core'
import { denialIn, withoutPosition, type Attempted } from './denial.js'

/** Errors before any effect, which time or an operator resolves. */
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

/** Errors before any effect, which only the caller or a change of the setup can resolve. */
const MISUSE = new Set(['ASK', 'CROSSSLOT', 'MOVED', 'NOAUTH', 'NOPERM', 'WRONGPASS', 'WRONGTYPE'])

/** Errors of servers that have no code. */
const REFUSED_BY_SERVER = [/^ERR unknown command/i, /^ERR max number of clients reached/i]

/** Errors of the clients for a command that has not reached a socket. */
const NEVER_SENT = [
  // node-redis
  /^The client is closed$/,
  /^The client is offline$/,
  /^The queue is full$/,
  // ioredis
  /enableOfflineQueue options is false/,
]

/** An error of the system such as ETIMEDOUT, in capitals but not from a server. */
const SYSTEM_ERROR = /^E(?!RR$|XECABORT$)/

/** In characters. Servers may repeat long keys in a message, which is meant for people. */
const LONGEST_REASON = 500

/**
 * What an error proves (section "Votes"): `failed` only if nothing can have been written. Everything else, a lost
 * connection above all, is `unknown`. `attempted` serves to name the command or the keys if the server does not.
 */
export function voteOfError(error: unknown, attempted?: Attempted): Failed | Unknown {
  const text = textOf(error)
  const message = withoutArguments(withoutPosition(text))
  const code = codeOf(text)
  const cause = causeOf(error)
  const denial = denialIn(text, attempted)
  const reason = cut(denial ?? explained(code, message))
  // If only the write of the marker failed, other keys have been written before.
  if (code === 'MARKER')
    return { vote: 'unknown', reason, answered: true, ...(denial && { misuse: true }), cause }
  if (code !== undefined && MISUSE.has(code)) return { vote: 'failed', reason, misuse: true, cause }
  const isSureNo =
    (code !== undefined && OUTAGE.has(code)) ||
    REFUSED_BY_SERVER.some((pattern) => pattern.test(message)) ||
    NEVER_SENT.some((pattern) => pattern.test(message))
  if (isSureNo) return { vote: 'failed', reason, cause }
  const answered = code !== undefined && !SYSTEM_ERROR.test(code)
  return { vote: 'unknown', reason, ...(answered && { answered }), cause }
}

/** The error code of a Redis reply. In Redis 6 the position precedes an error from within a script. */
export function codeOf(message: string): string | undefined {
  const code = (/^([A-Z]{2,})(?: |$)/.exec(withoutPosition(message)) ?? [])[1]
  // Within a script, servers report a missing permission without a code.
  return (code === undefined || code === 'ERR') && denialIn(message) !== undefined ? 'NOPERM' : code
}

function textOf(error: unknown): string {
  const message = isErrorLike(error) ? error.message : String(error)
  return message === '' ? 'an error without a message' : message
}

/** `instanceof` is unreliable if a module is loaded twice. */
function isErrorLike(error: unknown): error is { readonly message: string } {
  return typeof (error as { readonly message?: unknown } | null | undefined)?.message === 'string'
}

/** ioredis attaches the command to its errors, including the value of the lock, which logs would print. */
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

/** A server that does not know a command repeats its arguments, which may include the value of a lock. */
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
