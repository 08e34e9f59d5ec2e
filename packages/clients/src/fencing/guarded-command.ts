/** A Redis command as a client sends it: its name, the key that it writes, and its other arguments. */
export type GuardedCommand = readonly [name: string, key: string, ...args: string[]]

/** Commands that write keys other than their first argument, whose tokens would not be checked. */
const WRITES_OTHER_KEYS: ReadonlySet<string> = new Set(
  (
    'MSET MSETNX RENAME RENAMENX COPY SMOVE LMOVE BLMOVE RPOPLPUSH BRPOPLPUSH ' +
    'BLPOP BRPOP BZPOPMIN BZPOPMAX SORT GEORADIUS GEORADIUSBYMEMBER JSON.MSET TS.MADD FLUSHALL FLUSHDB'
  ).split(' '),
)

/** Commands that take any number of keys. They are accepted with one key. */
const TAKES_SEVERAL_KEYS: ReadonlySet<string> = new Set(['DEL', 'UNLINK'])

/**
 * Only the server knows which keys a command writes. Two things can be checked without it: the first argument is the
 * key, as in almost all commands of Redis and its modules, and the command is not known to write other keys.
 */
export function checkCommand(key: string, command: GuardedCommand): void {
  const given: unknown = command
  if (!Array.isArray(given) || given.length === 0 || !given.every((part) => typeof part === 'string')) {
    throw new TypeError(
      `Expected \`command\` to be an array of strings, such as ['SET', ${quoted(key)}, 'value'], got ${quoted(given)}`,
    )
  }
  const [name, first, ...rest] = command
  const why = `fencedWrite guards ${quoted(key)} alone`
  if (first !== key) {
    throw new TypeError(
      `Expected the first argument of ${quoted(name)} to be the key ${quoted(key)}, got ${quoted(first)}: ${why}. ` +
        'Use a command whose first argument is the key that it writes',
    )
  }
  const upper = name.toUpperCase()
  if (WRITES_OTHER_KEYS.has(upper) || (TAKES_SEVERAL_KEYS.has(upper) && rest.length > 0)) {
    throw new TypeError(
      `Expected \`command\` to write ${quoted(key)} only, got ${quoted(name)}, which writes other keys too: ${why}. ` +
        'Use one fencedWrite per key',
    )
  }
}

function quoted(given: unknown): string {
  return given === undefined ? 'undefined' : JSON.stringify(given)
}
