import type { Failed, Unknown } from '@quorumlock/core'

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

/**
 * What an error proves ("Votes"): `failed` only when nothing can have been written. Whatever is not understood, a lost
 * connection above all, is `unknown`.
 */
export function voteOfError(error: unknown): Failed | Unknown {
  const message = messageOf(error)
  const code = codeOf(message)
  if (code !== undefined && MISUSE.has(code)) {
    return { vote: 'failed', reason: explained(code, message), misuse: true, cause: error }
  }
  const surelyNot =
    (code !== undefined && OUTAGE.has(code)) ||
    REFUSED_BY_SERVER.some((pattern) => pattern.test(message)) ||
    NEVER_SENT.some((pattern) => pattern.test(message))
  if (surelyNot) return { vote: 'failed', reason: message, cause: error }
  const answered = code !== undefined && !SYSTEM_ERROR.test(code)
  return { vote: 'unknown', reason: message, ...(answered && { answered }), cause: error }
}

/** The error code of a Redis reply; in Redis 6 an error from within a script carries its position before it. */
export function codeOf(message: string): string | undefined {
  // Redis 7.0 has no code for it.
  if (/^ERR The user executing the script can't /.test(message)) return 'NOPERM'
  return (/^([A-Z]{2,})(?: |$)/.exec(withoutPosition(message)) ?? [])[1]
}

function messageOf(error: unknown): string {
  const message = error instanceof Error || isErrorLike(error) ? error.message : String(error)
  return withoutPosition(message === '' ? 'an error without a message' : message)
}

/** `instanceof` is not to be relied on where modules are loaded twice. */
function isErrorLike(error: unknown): error is { readonly message: string } {
  return typeof (error as { readonly message?: unknown } | null | undefined)?.message === 'string'
}

function withoutPosition(message: string): string {
  return message.replace(/^(?:ERR Error running script .*?: )?(?:@?user_script: ?\d+: )+-?/, '').trim()
}

function explained(code: string, message: string): string {
  if (code === 'MOVED' || code === 'ASK') {
    return `${message}: the server belongs to a Redis Cluster; give the node a cluster client`
  }
  return message
}
