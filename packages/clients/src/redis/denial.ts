import { shownKeys } from './shown-keys.js'

/** The call that the server refused. */
export interface Attempted {
  /** The text of the script. */
  readonly source: string
  /** The keys of the call, including the marker. */
  readonly keys: readonly string[]
}

/** Errors for a missing permission: Redis 7.2 and Valkey in scripts, Redis 7.0 and 6.2 in scripts, and all of them outside scripts. */
const DENIALS = [
  /^(?:ERR )?ACL failure in script: /,
  /^(?:ERR )?The user executing the script (?:can't|is lacking) /,
  /^NOPERM /,
]

/** Newer servers name the command themselves; our scripts add the name where they can. */
const NAMES_ITS_COMMAND = /the '[^']+' command|: [A-Z]+$/
const MEANS_A_KEY = /access (?:a key|one of the keys|at least one of the keys)/

/** The permission that the user lacks, with the command or the keys; `undefined` for any other error. */
export function denialIn(message: string, attempted?: Attempted): string | undefined {
  const words = withoutPosition(message.replace(/^MARKER /, ''))
  if (!DENIALS.some((pattern) => pattern.test(words))) return undefined
  if (attempted === undefined) return words
  if (MEANS_A_KEY.test(words)) return `${words}: one of ${shownKeys(attempted.keys)}`
  if (NAMES_ITS_COMMAND.test(words)) return words
  const command = commandAt(attempted.source, message)
  return command === undefined ? words : `${words}: ${command}`
}

/** Removes the position in the script, which Redis 6.2 puts before the message and Redis 7 after it. */
export function withoutPosition(message: string): string {
  return message
    .replace(/^(?:ERR Error running script .*?: )?(?:@?user_script: ?\d+: )+-?/, '')
    .replace(/ script: \w+, on @?user_script: ?\d+\.?$/, '')
    .trim()
}

/** Each line of our scripts calls at most one command, whose name is in quotes. */
function commandAt(source: string, message: string): string | undefined {
  const line = Number(/user_script: ?(\d+)/.exec(message)?.[1])
  return /call(?:ed)?\('([A-Z]+)'/.exec(source.split('\n')[line - 1] ?? '')?.[1]
}
