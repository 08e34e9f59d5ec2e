import { shownKeys } from './shown-keys.js'

/** What was sent when the server refused. */
export interface Attempted {
  /** Of the script that ran. */
  readonly source: string
  /** Of the call, the marker among them. */
  readonly keys: readonly string[]
}

/**
 * How servers refuse for the lack of a permission: Redis 7.2 and Valkey, Redis 7.0, Redis 6.2 (the latter two only
 * within a script), and all of them outside of scripts.
 */
const DENIALS = [
  /^(?:ERR )?ACL failure in script: /,
  /^(?:ERR )?The user executing the script (?:can't|is lacking) /,
  /^NOPERM /,
]

/** Newer servers say it themselves; our scripts add it where they can. */
const NAMES_ITS_COMMAND = /the '[^']+' command|: [A-Z]+$/
const MEANS_A_KEY = /access (?:a key|one of the keys|at least one of the keys)/

/**
 * What the user was not permitted to do, with the name of the command or the keys; `undefined` when the error says
 * something else.
 */
export function denialIn(message: string, attempted?: Attempted): string | undefined {
  const words = withoutPosition(message.replace(/^MARKER /, ''))
  if (!DENIALS.some((pattern) => pattern.test(words))) return undefined
  if (attempted === undefined) return words
  if (MEANS_A_KEY.test(words)) return `${words}: one of ${shownKeys(attempted.keys)}`
  if (NAMES_ITS_COMMAND.test(words)) return words
  const command = commandAt(attempted.source, message)
  return command === undefined ? words : `${words}: ${command}`
}

/** Where in a script it was: Redis 6.2 says so in front, Redis 7 behind. */
export function withoutPosition(message: string): string {
  return message
    .replace(/^(?:ERR Error running script .*?: )?(?:@?user_script: ?\d+: )+-?/, '')
    .replace(/ script: \w+, on @?user_script: ?\d+\.?$/, '')
    .trim()
}

/** A line of a script calls one command, by a name in quotes. */
function commandAt(source: string, message: string): string | undefined {
  const line = Number(/user_script: ?(\d+)/.exec(message)?.[1])
  return /call(?:ed)?\('([A-Z]+)'/.exec(source.split('\n')[line - 1] ?? '')?.[1]
}
